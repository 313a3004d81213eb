/** Frames and pushes, and what stands in their way: frame breakpoints and the fault lab. */
import {
  previewLength,
  type Direction,
  type FactOf,
  type FaultPlan,
  type FaultRule,
  type FrameBreakpoint,
  type FrameType,
  type HeldFrame,
  type SourcePlace,
} from '../fact';
import type { FactEntry } from './entry';
import { rowFlag } from './row';
import {
  flag,
  line,
  list,
  number,
  object,
  oneOf,
  optional,
  orNull,
  own,
  preview,
  variants,
  yes,
} from './shape';

const direction = oneOf<Direction>({ toServer: true, toClient: true });
const frameType = oneOf<FrameType>({
  text: true,
  binary: true,
  ping: true,
  pong: true,
  close: true,
});
const place = object<SourcePlace>({ file: own, line: number, column: optional(number) });
const dataType = oneOf<'text' | 'binary'>({ text: true, binary: true });

const heldFrame = object<HeldFrame>({
  hold: number,
  connection: own,
  direction,
  type: dataType,
  size: number,
  preview: preview(previewLength),
  breakpoint: own,
});

const breakpoint = object<FrameBreakpoint>({
  id: own,
  condition: line,
  direction: oneOf<FrameBreakpoint['direction']>({ toServer: true, toClient: true, both: true }),
  enabled: flag,
});

const always = { rate: number, direction: optional(direction) };
const faultRule = variants<FaultRule, 'fault'>('fault', {
  latency: { ...always, ms: number, jitterMs: optional(number) },
  drop: always,
  duplicate: always,
  reorder: { ...always, window: number },
  close: { ...always, code: number },
  halfOpen: always,
  pushFails: { ...always, errNo: number },
  pushHangs: { ...always, ms: number },
  slowRegister: { ...always, ms: number },
  functionError: always,
  functionTimeout: always,
});
const faultPlan = object<FaultPlan>({
  seed: number,
  preset: optional(line),
  rules: list(faultRule),
});
const faultNames = oneOf<FaultRule['fault']>({
  latency: true,
  drop: true,
  duplicate: true,
  reorder: true,
  close: true,
  halfOpen: true,
  pushFails: true,
  pushHangs: true,
  slowRegister: true,
  functionError: true,
  functionTimeout: true,
});

export const frameFacts: {
  frame: FactEntry<'frame'>;
  push: FactEntry<'push'>;
  held: FactEntry<'held'>;
  releasedFrame: FactEntry<'releasedFrame'>;
  frameBreakpoints: FactEntry<'frameBreakpoints'>;
  faults: FactEntry<'faults'>;
  faultStruck: FactEntry<'faultStruck'>;
} = {
  frame: {
    members: {
      connection: own,
      direction,
      type: frameType,
      size: number,
      preview: preview(previewLength),
      more: optional(yes),
      code: optional(number),
      push: optional(number),
      edited: optional(
        object<NonNullable<FactOf<'frame'>['edited']>>({
          by: oneOf<'breakpoint' | 'fault'>({ breakpoint: true, fault: true }),
          before: number,
        }),
      ),
    },
    payload: 'preview',
    explains: () => 'nothing',
    row: (fact) => ({
      kind: fact.type,
      connection: fact.connection,
      text: fact.preview,
      direction: fact.direction,
      size: fact.size,
      code: fact.code,
      flags: (fact.more ? rowFlag.more : 0) | (fact.edited ? rowFlag.edited : 0),
      cause: fact.push,
      plain: fact.edited === undefined,
    }),
    change: null,
    har: (fact, har) => har.message(fact),
    words: (fact, { name }) => {
      const arrow = fact.direction === 'toServer' ? '→' : '←';
      const what = fact.type === 'close' ? `close ${fact.code ?? ''}` : fact.type;
      return `${name(fact.connection)} ${arrow} ${what} ${fact.size} B  ${fact.preview}${fact.more ? '…' : ''}`;
    },
  },
  push: {
    members: {
      service: orNull(own),
      connection: line,
      action: orNull(oneOf<'data send' | 'closing'>({ 'data send': true, closing: true })),
      type: orNull(dataType),
      size: number,
      preview: preview(previewLength),
      more: optional(yes),
      invocation: orNull(own),
      function: orNull(own),
      status: number,
      errNo: number,
      errMsg: line,
      warnings: optional(list(line)),
      redirectedFrom: optional(line),
      place: optional(place),
    },
    payload: 'preview',
    explains: ({ invocation }) => ({ invocation }),
    row: (fact) => ({
      kind: 'push',
      connection: fact.connection,
      text: fact.preview,
      direction: 'toClient',
      status: fact.errNo === 0 && fact.status < 400 ? 'ok' : 'error',
      size: fact.size,
      code: fact.errNo,
      flags:
        (fact.more ? rowFlag.more : 0) |
        (fact.invocation === null ? rowFlag.external : 0) |
        (fact.warnings?.length ? rowFlag.warned : 0) |
        (fact.type === 'binary' ? rowFlag.binary : 0),
      function: fact.function,
      madeBy: fact.invocation,
      plain: isPlainPush(fact),
    }),
    change: null,
    har: null,
    words: (fact, { l10n }) =>
      fact.errNo !== 0
        ? l10n.t('  push refused: errNo {0}, {1}', fact.errNo, fact.errMsg)
        : fact.warnings?.length
          ? l10n.t('  push delivered, but: {0}', fact.warnings.join(' '))
          : undefined,
  },
  held: {
    members: { frame: heldFrame },
    payload: 'none',
    explains: ({ frame }) => ({ fact: frame.hold }),
    row: null,
    change: ({ frame }) => ({ of: { fact: frame.hold }, status: 'held' }),
    har: null,
    words: null,
  },
  releasedFrame: {
    members: {
      hold: number,
      how: oneOf<FactOf<'releasedFrame'>['how']>({
        released: true,
        edited: true,
        dropped: true,
        steppedInto: true,
      }),
    },
    payload: 'none',
    explains: ({ hold }) => ({ fact: hold }),
    row: null,
    change: ({ hold, how }) => ({
      of: { fact: hold },
      status: how === 'dropped' ? 'dropped' : 'ok',
    }),
    har: null,
    words: null,
  },
  frameBreakpoints: {
    members: { breakpoints: list(breakpoint) },
    payload: 'none',
    explains: () => 'nothing',
    row: null,
    change: null,
    har: null,
    words: null,
  },
  faults: {
    members: { faults: orNull(faultPlan) },
    payload: 'none',
    explains: () => 'nothing',
    row: null,
    change: null,
    har: null,
    words: ({ faults }, { l10n, stopping }) =>
      stopping
        ? undefined
        : faults === null
          ? l10n.t('fault lab is off')
          : l10n.t('fault lab is on: {0}, seed {1}', faults.preset ?? '', faults.seed),
  },
  faultStruck: {
    members: {
      fault: faultNames,
      connection: orNull(own),
      cause: orNull(number),
      function: optional(own),
    },
    payload: 'none',
    explains: ({ cause }) => ({ fact: cause }),
    row: null,
    change: null,
    har: null,
    words: (fact, { l10n, name }) =>
      l10n.t(
        '  fault lab: {0}',
        `${fact.fault} ${fact.connection === null ? (fact.function ?? '') : name(fact.connection)}`.trimEnd(),
      ),
  },
};

/** A push of which its row and its run say everything. */
function isPlainPush(fact: FactOf<'push'>): boolean {
  return (
    fact.errNo === 0 &&
    fact.status === 200 &&
    fact.action === 'data send' &&
    fact.errMsg === 'ok' &&
    !fact.warnings?.length &&
    fact.redirectedFrom === undefined
  );
}
