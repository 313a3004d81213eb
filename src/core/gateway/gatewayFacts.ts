/** What the gateway has to tell: frames, closes and findings, in the words of facts. */
import { previewBytes, previewOf, type Direction, type Fact } from '../../protocol/fact';
import type { Role } from '../../protocol/project';
import type { InvocationResult, RecordFact } from '../runtime/contract';
import type { Connection } from './connection';
import type { PassingFrame } from './disturbances';
import type { Finding } from './registerDecision';

export class GatewayFacts {
  readonly record: RecordFact;
  /** What was told once, and of which version of the code. */
  private readonly said = new WeakMap<object, { version: number; rules: Set<string> }>();

  constructor(record: RecordFact) {
    this.record = record;
  }

  frame(
    connection: Connection,
    direction: Direction,
    payload: string | Buffer,
    size: number,
    push?: number,
    edited?: PassingFrame['edited'],
  ): Fact {
    const { preview, more } = showPayload(payload);
    // One shape for all frames: spreading what is there made this the dearest line of the gateway.
    return this.record(
      {
        kind: 'frame',
        connection: connection.id,
        direction,
        type: typeof payload === 'string' ? 'text' : 'binary',
        size,
        preview,
        more,
        push,
        edited,
      },
      more && payload,
    );
  }

  close(connection: Connection, direction: Direction, code: number, reason: string): void {
    this.record({
      kind: 'frame',
      connection: connection.id,
      direction,
      type: 'close',
      size: code === 1005 ? 0 : 2 + Buffer.byteLength(reason),
      preview: reason,
      code,
    });
  }

  tell(findings: Finding[], connection: Connection, role: Role, result?: InvocationResult): void {
    const runtime = connection.service.runtimeOf(role);
    for (const finding of findings) {
      this.record({
        kind: 'diagnostic',
        ...finding,
        connection: connection.id,
        ...(runtime === undefined ? {} : { function: runtime.id }),
        ...(result?.place === undefined ? {} : { place: result.place }),
      });
    }
  }

  /** A finding that would repeat with every message is told once for each version of a function. */
  tellOnce(connection: Connection, role: Role, finding: Finding): void {
    const runtime = connection.service.runtimeOf(role);
    const about = runtime ?? connection.service;
    const version = runtime?.version ?? 0;
    let said = this.said.get(about);
    if (said?.version !== version) {
      said = { version, rules: new Set() };
      this.said.set(about, said);
    }
    if (!said.rules.has(finding.rule)) {
      said.rules.add(finding.rule);
      this.tell([finding], connection, role);
    }
  }
}

/** Headers as they are recorded: what proves who somebody is stays out of recordings, exports and logs. */
export function withoutCredentials(headers: Record<string, string>): Record<string, string> {
  const shown = { ...headers };
  for (const name of ['authorization', 'proxy-authorization', 'cookie']) {
    if (shown[name] !== undefined) {
      shown[name] = '[hidden]';
    }
  }
  return shown;
}

/** The part of a payload that travels with its fact. */
export function showPayload(payload: string | Buffer): { preview: string; more?: true } {
  if (typeof payload === 'string') {
    return previewOf(payload);
  }
  return payload.length <= previewBytes
    ? { preview: payload.toString('base64') }
    : { preview: payload.toString('base64', 0, previewBytes), more: true };
}
