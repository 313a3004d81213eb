/** What Register's outcome means for the handshake. Pure: the gateway acts on it. */
import * as l10n from '@vscode/l10n';
import { JsonText, readJson } from '../../protocol/json';
import type { EmulatorOptions } from '../../protocol/project';
import type { InvocationResult } from '../runtime/contract';

export interface Finding {
  rule: string;
  severity: 'error' | 'warning' | 'info';
  message: string;
  advice: string;
}

export type RegisterDecision = { findings: Finding[] } & (
  | { accept: true; /** Goes out verbatim. */ protocol?: string; extensions?: string }
  | { accept: false; status: number; body: Record<string, unknown>; reason: string }
);

export interface RegisterQuestion {
  connection: string;
  /** Raw header of the client. */
  requestedProtocols?: string;
  options: Pick<EmulatorOptions, 'strict' | 'refusalStatus' | 'failureStatus'>;
  integrationResponse: boolean;
}

const printable = /^[\x20-\x7e]*$/;

export function decideRegister(
  result: InvocationResult,
  question: RegisterQuestion,
): RegisterDecision {
  const findings: Finding[] = [];
  const { strict, refusalStatus, failureStatus } = question.options;
  const refuse = (status: number, body: Record<string, unknown>, reason: string) => ({
    findings,
    accept: false as const,
    status,
    body,
    reason,
  });
  const refuseBecause = (finding: Finding) => {
    findings.push(finding);
    return refuse(failureStatus, { message: `Register: ${finding.message}` }, finding.message);
  };

  if (result.outcome !== 'ok') {
    const what = result.error?.errorMessage ?? l10n.t('Register failed');
    const detail = headlineOf(result.error?.stackTrace ?? '');
    const reason = detail === '' || what.includes(detail) ? what : `${what}: ${detail}`;
    return refuse(
      failureStatus,
      { message: `Register: ${what}`, statusCode: result.error?.statusCode },
      reason,
    );
  }

  let text = result.resultJson;
  let answer = parseOrUndefined(text);
  if (question.integrationResponse) {
    const unwrapped = unwrapIntegration(answer);
    if ('problem' in unwrapped) {
      const finding: Finding = {
        rule: 'integration.invalid',
        severity: 'error',
        message: unwrapped.problem,
        advice: l10n.t(
          'Return {0}, or set "integrationResponse" to false in scfws.json.',
          '{"isBase64Encoded": false, "statusCode": 200, "headers": {}, "body": "{\\"errNo\\":0,…}"}',
        ),
      };
      findings.push(finding);
      return refuse(403, { message: `Register: ${finding.message}` }, finding.message);
    }
    if (unwrapped.statusCode < 200 || unwrapped.statusCode > 299) {
      return refuse(
        refusalStatus,
        { errNo: unwrapped.statusCode, errMsg: unwrapped.body },
        l10n.t('Register answered with status {0}', unwrapped.statusCode),
      );
    }
    text = unwrapped.body;
    answer = parseOrUndefined(text);
  }

  if (typeof answer === 'string') {
    const inner = answer;
    const decoded = parseOrUndefined(inner);
    if (isRecord(decoded)) {
      const finding: Finding = {
        rule: 'register.json-string',
        severity: strict ? 'error' : 'warning',
        message: l10n.t('Register returned a JSON string instead of an object.'),
        advice: l10n.t('Return the object itself, without json.dumps or JSON.stringify.'),
      };
      if (strict) {
        return refuseBecause(finding);
      }
      findings.push(finding);
      text = inner;
      answer = decoded;
    }
  }
  if (!isRecord(answer)) {
    return refuseBecause({
      rule: 'register.not-object',
      severity: 'error',
      message: l10n.t('Register returned {0}, which is not an object.', brief(result.resultJson)),
      advice: l10n.t('Return {0} to accept the connection.', exampleAnswer),
    });
  }

  const { errNo, errMsg, websocket } = answer;
  if (errNo === undefined || errNo === null) {
    return refuseBecause({
      rule: 'register.no-errno',
      severity: 'error',
      message: l10n.t('Register returned an object without "errNo".'),
      advice: l10n.t('Return {0} to accept the connection.', exampleAnswer),
    });
  }
  if (typeof errNo !== 'number' || !Number.isInteger(errNo)) {
    return refuseBecause({
      rule: 'register.errno-not-integer',
      severity: 'error',
      message: l10n.t(
        '"errNo" in Register\'s answer is {0}; it must be an integer.',
        brief(JSON.stringify(errNo)),
      ),
      advice: l10n.t('Write errNo as a number, without quotes: 0 accepts, anything else refuses.'),
    });
  }
  if (errNo !== 0) {
    const message = typeof errMsg === 'string' ? errMsg : '';
    const digits = writtenNumber(text, 'errNo') ?? String(errNo);
    return refuse(
      refusalStatus,
      { errNo: new JsonText(digits), errMsg: message },
      l10n.t('Register refused the connection: errNo {0}, "{1}"', digits, message),
    );
  }

  const doubt = checkShape(errMsg, websocket, question.connection);
  for (const finding of doubt) {
    if (strict) {
      return refuseBecause({ ...finding, severity: 'error' });
    }
    findings.push(finding);
  }
  const inner = isRecord(websocket) ? websocket : {};
  const protocol = textOf(inner['secWebSocketProtocol']);
  const extensions = textOf(inner['secWebSocketExtensions']);
  if (protocol !== undefined && !printable.test(protocol)) {
    return refuseBecause({
      rule: 'register.protocol-not-header',
      severity: 'error',
      message: l10n.t(
        "The sub-protocol in Register's answer contains characters that no header can carry.",
      ),
      advice: l10n.t('Answer with one of the protocols that the client asked for.'),
    });
  }
  findings.push(...checkProtocol(protocol, question.requestedProtocols));
  if (extensions !== undefined) {
    findings.push({
      rule: 'register.extensions',
      severity: 'info',
      message: l10n.t(
        'Register named extensions ({0}); the gateway negotiates none and did not send them.',
        brief(extensions),
      ),
      advice: l10n.t('Leave secWebSocketExtensions empty.'),
    });
  }
  return { findings, accept: true, ...(protocol === undefined ? {} : { protocol }) };
}

const exampleAnswer =
  '{"errNo": 0, "errMsg": "ok", "websocket": {"action": "connecting", "secConnectionID": …}}';

function checkShape(errMsg: unknown, websocket: unknown, connection: string): Finding[] {
  const findings: Finding[] = [];
  if (errMsg === undefined || errMsg === null) {
    findings.push({
      rule: 'register.no-errmsg',
      severity: 'warning',
      message: l10n.t('Register\'s answer has no "errMsg".'),
      advice: l10n.t('Add "errMsg": "ok".'),
    });
  }
  if (!isRecord(websocket)) {
    findings.push({
      rule: 'register.no-websocket',
      severity: 'warning',
      message: l10n.t('Register\'s answer has no "websocket" object.'),
      advice: l10n.t(
        'Add "websocket" with action "connecting" and the secConnectionID of the event.',
      ),
    });
    return findings;
  }
  const id = websocket['secConnectionID'];
  if (id !== connection) {
    findings.push({
      rule: 'register.other-id',
      severity: 'warning',
      message:
        id === undefined || id === null
          ? l10n.t('Register\'s answer has no "websocket.secConnectionID".')
          : l10n.t(
              'Register answered with another secConnectionID ({0}) than it was asked about ({1}).',
              brief(JSON.stringify(id)),
              connection,
            ),
      advice: l10n.t('Copy event.websocket.secConnectionID into the answer unchanged.'),
    });
  }
  return findings;
}

function checkProtocol(answered: string | undefined, header: string | undefined): Finding[] {
  // A header without a token asks for nothing.
  const requested = header?.replace(/[,\s]/g, '') === '' ? undefined : header;
  const tokens = requested?.split(',').map((token) => token.trim()) ?? [];
  if (answered === undefined) {
    return requested === undefined
      ? []
      : [
          {
            rule: 'register.protocol-none',
            severity: 'warning',
            message: l10n.t(
              'The client asked for a sub-protocol ({0}) and Register named none: a browser fails this handshake.',
              brief(requested),
            ),
            advice: l10n.t(
              'Answer with websocket.secWebSocketProtocol set to exactly one of the requested protocols.',
            ),
          },
        ];
  }
  if (requested === undefined) {
    return [
      {
        rule: 'register.protocol-unasked',
        severity: 'warning',
        message: l10n.t(
          'Register named the sub-protocol {0}, but the client asked for none: most clients fail this handshake.',
          brief(answered),
        ),
        advice: l10n.t('Leave websocket.secWebSocketProtocol out when the event has none.'),
      },
    ];
  }
  if (tokens.includes(answered)) {
    return [];
  }
  const echoed = answered.split(',').length > 1;
  return [
    {
      rule: echoed ? 'register.protocol-echoed' : 'register.protocol-foreign',
      severity: 'warning',
      message: echoed
        ? l10n.t(
            'Register echoed the whole list of sub-protocols ({0}): a browser accepts exactly one and fails this handshake.',
            brief(answered),
          )
        : l10n.t(
            'Register named the sub-protocol {0}, which the client did not ask for ({1}): a browser fails this handshake.',
            brief(answered),
            brief(requested),
          ),
      advice: l10n.t(
        'Answer with websocket.secWebSocketProtocol set to exactly one of the requested protocols.',
      ),
    },
  ];
}

/** The usage page's integration response: what a function must return when it is switched on (documented). */
function unwrapIntegration(
  answer: unknown,
): { statusCode: number; body: string } | { problem: string } {
  if (!isRecord(answer)) {
    return { problem: l10n.t('The integration response is not an object.') };
  }
  const { statusCode, body, isBase64Encoded, headers } = answer;
  if (typeof statusCode !== 'number' || !Number.isInteger(statusCode)) {
    return { problem: l10n.t('"statusCode" of the integration response must be an integer.') };
  }
  if (typeof body !== 'string') {
    return { problem: l10n.t('"body" of the integration response must be a string.') };
  }
  if (typeof isBase64Encoded !== 'boolean') {
    return {
      problem: l10n.t('"isBase64Encoded" of the integration response must be true or false.'),
    };
  }
  if (!isRecord(headers)) {
    return { problem: l10n.t('"headers" of the integration response must be an object.') };
  }
  return {
    statusCode,
    body: isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body,
  };
}

/** Undefined when a function's answer is a valid integration response, else what is wrong with it. */
export function integrationProblem(resultJson: string): string | undefined {
  const unwrapped = unwrapIntegration(parseOrUndefined(resultJson));
  return 'problem' in unwrapped ? unwrapped.problem : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A member as its author wrote it: the numbers of JavaScript have 53 bits. The last one counts, as everywhere. */
function writtenNumber(text: string, name: string): string | undefined {
  const node = readJson(text);
  const member =
    node?.kind === 'object' ? node.members.findLast((each) => each.name === name) : undefined;
  return member?.value.kind === 'number' ? member.value.source : undefined;
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Error and message of a stack: Python puts them last, Node.js first. */
function headlineOf(stack: string): string {
  const lines = stack.trim().split('\n');
  return (lines[0]?.startsWith('Traceback') === true ? lines.at(-1) : lines[0]) ?? '';
}

function brief(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
