/**
 * `scfws test --stdio`: an editor runs the tests as a child. It reads events on stdout; with `--debug` also the facts of
 * the scenario's session, and asks it with intents on stdin. The end of stdin ends the run.
 */
import readline from 'node:readline';
import { answerIntent } from '../core/session/intents';
import type { Session } from '../core/session/session';

export interface TestHost {
  /** The session of the scenario that runs; undefined: it has ended. */
  serve(session: Session | undefined, withFacts: boolean): void;
  dispose(): void;
}

export function startTestHost(onLeft: () => void): TestHost {
  let current: Session | undefined;
  const print = (value: unknown): void => {
    process.stdout.write(`${JSON.stringify(value)}\n`);
  };
  const lines = readline.createInterface({ input: process.stdin, crlfDelay: Infinity });
  lines.on('line', (line) => {
    void (async () => {
      const { id, kind, ...ask } = parse(line);
      if (kind === 'cancel') {
        onLeft();
        return;
      }
      const session = current;
      const answer =
        session === undefined
          ? { error: { code: 'noSession', message: 'No scenario runs.' } }
          : await answerIntent(session.intents, kind, ask);
      session?.recorder.settle(); // What happened before the answer is told before it.
      print({ reply: id, ...answer });
    })();
  });
  lines.on('close', onLeft);
  return {
    serve(session, withFacts) {
      current = session;
      if (session !== undefined && withFacts) {
        session.recorder.read(1, Infinity).forEach(print);
        session.onFact(print);
      }
    },
    dispose: () => lines.close(),
  };
}

function parse(line: string): { id: number; kind: string } & Record<string, unknown> {
  try {
    const value = JSON.parse(line) as Record<string, unknown>;
    return { ...value, id: Number(value['id']), kind: String(value['kind']) };
  } catch {
    return { id: -1, kind: line.slice(0, 80) };
  }
}
