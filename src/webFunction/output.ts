/**
 * What the platform's log gets: the lines of the functions, and what went wrong. The platform collects this process's
 * output; with several connections in one instance it cannot tell whose a line is, so that each begins with the request
 * id of its connection.
 */
import { sentences } from '../core/errors';
import { type BackgroundKind, type Fact, leftOut } from '../protocol/fact';

export function startOutput(
  write: (line: string) => void,
  hasCleanup: boolean,
): (fact: Fact) => void {
  /** By connection: the platform's request id. */
  const requests = new Map<string, string>();
  /** By invocation, while it runs. */
  const runs = new Map<string, { connection: string; role: string | null }>();
  const tell = (connection: string | undefined, text: string): void => {
    const request = connection === undefined ? undefined : requests.get(connection);
    for (const line of text.split('\n')) {
      write(request === undefined ? line : `[${request}] ${line}`);
    }
  };
  return (fact) => {
    switch (fact.kind) {
      case 'connecting':
        requests.set(fact.connection, fact.headers['x-scf-request-id'] ?? fact.connection);
        break;
      case 'invocationStarted':
        if (fact.connection !== null) {
          runs.set(fact.invocation, { connection: fact.connection, role: fact.role });
        }
        break;
      case 'log':
        if (fact.stream !== 'platform') {
          tell(runs.get(fact.invocation ?? '')?.connection, `${fact.function}: ${fact.text}`);
        }
        break;
      case 'invocationEnded': {
        const run = runs.get(fact.invocation);
        runs.delete(fact.invocation);
        if (fact.error !== undefined) {
          const { statusCode, errorMessage, stackTrace = '' } = fact.error;
          tell(run?.connection, `ERROR ${statusCode} ${errorMessage} ${stackTrace}`.trimEnd());
        }
        if (run?.role === 'cleanup') {
          requests.delete(run.connection);
        }
        break;
      }
      case 'refused':
        tell(
          fact.connection,
          `refused ${fact.target.split('?')[0]}: ${fact.status} ${fact.reason}`,
        );
        requests.delete(fact.connection ?? '');
        break;
      case 'diagnostic':
        if (fact.severity !== 'info') {
          tell(fact.connection, `${fact.severity}: ${sentences(fact.message, fact.advice)}`);
        }
        break;
      case 'closed':
        if (!hasCleanup) {
          requests.delete(fact.connection);
        }
        break;
      default:
        leftOut<BackgroundKind | 'client' | 'frame' | 'opened' | 'push'>(fact);
    }
  };
}
