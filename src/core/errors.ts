import type { Installation, SourcePlace } from '../protocol/fact';

/** Something the user must act on: what happened and where, and what to do next. Anything else is a bug. */
export class UserError extends Error {
  /** Stable, for scripts and tests, e.g. `portTaken`. */
  readonly code: string;
  readonly nextStep: string | undefined;
  /** Where to act. */
  readonly place: SourcePlace | undefined;
  /** What the editor can install, so that it would work. */
  readonly fix: Installation | undefined;
  /** What could stand in the place of what is wrong. */
  readonly choices: readonly string[];

  constructor(
    code: string,
    message: string,
    nextStep?: string,
    place?: SourcePlace,
    fix?: Installation,
    choices: readonly string[] = [],
  ) {
    super(message);
    this.name = 'UserError';
    this.code = code;
    this.nextStep = nextStep;
    this.place = place;
    this.fix = fix;
    this.choices = choices;
  }
}

/** The sentence a person reads: message and next step of a `UserError`, the message of anything else. */
export function sentenceOf(error: unknown): string {
  if (error instanceof UserError) {
    return error.nextStep === undefined ? error.message : sentences(error.message, error.nextStep);
  }
  return error instanceof Error ? error.message : String(error);
}

/** A bug costs what met it, never the session and everybody else's connections. */
export function reportBug(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
}

/** Two texts as sentences, either of which may be empty; the first may end in words of somebody else's, without a full stop. */
export function sentences(first: string, second: string): string {
  if (first === '') {
    return second;
  }
  const chinese = /^\p{Script=Han}|\p{Script=Han}.*[。！？：]$/su.test(second);
  const whole = second.trim() === '' || /[.!?:。！？：\n]\s*$/.test(first);
  const text = `${first}${whole ? '' : chinese ? '。' : '.'}`;
  const close = second.startsWith('\n') || (chinese && /[。！？：]$/.test(text));
  return `${text}${close ? '' : ' '}${second}`.trimEnd();
}
