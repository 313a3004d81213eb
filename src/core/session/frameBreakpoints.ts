/**
 * Frame breakpoints: a data frame that satisfies a condition stops on its way until a person lets it go on,
 * edits it, drops it, or steps into the handler that it triggers.
 */
import * as l10n from '@vscode/l10n';
import { previewOf, type FrameBreakpoint, type HeldFrame } from '../../protocol/fact';
import { parseFilter } from '../../protocol/filter';
import { compileFilter, frameSubject, type Match } from '../../protocol/filterMatch';
import type { Answer, Ask } from '../../protocol/intent';
import { UserError } from '../errors';
import type { Disturbances, PassingFrame } from '../gateway/disturbances';
import type { RecordFact } from '../runtime/contract';

interface Armed {
  breakpoint: FrameBreakpoint;
  match: Match;
}

interface Hold {
  frame: PassingFrame;
  goOn(frames: PassingFrame[]): void;
}

export class FrameBreakpoints implements Disturbances {
  private readonly record: RecordFact;
  private readonly nameOf: (connection: string) => string | undefined;
  private readonly next: Disturbances;
  private armed: Armed[] = [];
  private readonly holding = new Map<number, Hold>();

  /** `next` is asked about the frames that no breakpoint holds, and about everything else. */
  constructor(
    record: RecordFact,
    nameOf: (connection: string) => string | undefined,
    next: Disturbances,
  ) {
    this.record = record;
    this.nameOf = nameOf;
    this.next = next;
  }

  /** Replaces all breakpoints. A condition with problems is not armed, and told. */
  set(breakpoints: FrameBreakpoint[]): Answer<'setFrameBreakpoints'> {
    const problems: Answer<'setFrameBreakpoints'>['problems'] = [];
    this.armed = [];
    for (const breakpoint of breakpoints) {
      const parsed = parseFilter(breakpoint.condition);
      const [problem] = parsed.problems;
      if (problem !== undefined) {
        problems.push({ id: breakpoint.id, message: l10n.t(problem.message, ...problem.values) });
      } else if (breakpoint.enabled) {
        this.armed.push({ breakpoint, match: compileFilter(parsed.terms) });
      }
    }
    this.record({ kind: 'frameBreakpoints', breakpoints });
    return { problems };
  }

  release({ hold: number, how, data }: Ask<'releaseFrame'>): void {
    const hold = this.holding.get(number);
    if (hold === undefined) {
      throw new UserError('notHeld', l10n.t('Frame {0} is not held any more.', number));
    }
    this.holding.delete(number);
    const { frame } = hold;
    if (how === 'dropped') {
      this.record({ kind: 'releasedFrame', hold: number, how });
      hold.goOn([]);
      return;
    }
    if (how === 'edited' && data !== undefined) {
      const binary = typeof frame.payload !== 'string';
      this.record({ kind: 'releasedFrame', hold: number, how }, data);
      hold.goOn([
        {
          ...frame,
          payload: binary ? Buffer.from(data, 'base64') : data,
          edited: { by: 'breakpoint', before: number },
        },
      ]);
      return;
    }
    this.record({ kind: 'releasedFrame', hold: number, how });
    hold.goOn([frame]);
  }

  intercept(frame: PassingFrame): Promise<PassingFrame[]> | undefined {
    if (this.armed.length === 0) {
      return this.next.intercept(frame);
    }
    const { subject, shown } = this.describe(frame);
    const armed = this.armed.find((each) => applies(each, subject));
    if (armed === undefined) {
      return this.next.intercept(frame);
    }
    this.record({ kind: 'held', frame: { ...shown, breakpoint: armed.breakpoint.id } });
    const released = new Promise<PassingFrame[]>((goOn) => {
      this.holding.set(frame.seq, { frame, goOn });
    });
    return released.then(async (frames) => {
      const passed = await Promise.all(
        frames.map((each) => this.next.intercept(each) ?? Promise.resolve([each])),
      );
      return passed.flat();
    });
  }

  beforeRegister: Disturbances['beforeRegister'] = (connection) =>
    this.next.beforeRegister(connection);
  get holds(): boolean {
    return this.holding.size > 0 || this.next.holds;
  }

  get disturbsFunctions(): boolean {
    return this.next.disturbsFunctions;
  }

  insteadOfInvocation: Disturbances['insteadOfInvocation'] = (runtime, request) =>
    this.next.insteadOfInvocation(runtime, request);
  insteadOfPush: Disturbances['insteadOfPush'] = (connection, of) =>
    this.next.insteadOfPush(connection, of);

  /** Lets everything go on: a session that ends must not wait for a person. */
  dispose(): void {
    this.armed = [];
    for (const { frame, goOn } of this.holding.values()) {
      goOn([frame]);
    }
    this.holding.clear();
  }

  private describe(frame: PassingFrame) {
    const { payload, direction, connection } = frame;
    const type = typeof payload === 'string' ? ('text' as const) : ('binary' as const);
    const text = typeof payload === 'string' ? payload : payload.toString('base64');
    const size = Buffer.byteLength(payload);
    const alias = this.nameOf(connection);
    const subject = frameSubject({
      connection,
      direction,
      type,
      size,
      text,
      ...(alias === undefined ? {} : { alias }),
    });
    const shown: Omit<HeldFrame, 'breakpoint'> = {
      hold: frame.seq,
      connection,
      direction,
      type,
      size,
      preview: previewOf(text).preview,
    };
    return { subject, shown };
  }
}

function applies({ breakpoint, match }: Armed, subject: Parameters<Match>[0]): boolean {
  return (
    (breakpoint.direction === 'both' || breakpoint.direction === subject.direction) &&
    match(subject)
  );
}
