/** Splits a byte stream into lines without copying those that arrive whole. */

/** Gets the bytes of one line, without its line feed; they are only valid during the call. */
export type OnLine = (bytes: Buffer, start: number, end: number) => void;

export class LineSplitter {
  private parts: Buffer[] = [];
  private held = 0;

  constructor(
    private readonly onLine: OnLine,
    /** A line longer than this is an offence: `onTooLong` is called once and the rest is ignored. */
    private readonly limit: number,
    private readonly onTooLong: () => void,
  ) {}

  push(chunk: Buffer): void {
    let from = 0;
    for (;;) {
      const feed = chunk.indexOf(10, from);
      if (feed < 0) {
        break;
      }
      if (this.held === 0) {
        this.onLine(chunk, from, feed);
      } else {
        this.parts.push(chunk.subarray(from, feed));
        const line = Buffer.concat(this.parts);
        this.parts = [];
        this.held = 0;
        this.onLine(line, 0, line.length);
      }
      from = feed + 1;
    }
    if (from < chunk.length && this.held <= this.limit) {
      const part = chunk.subarray(from);
      this.parts.push(part);
      this.held += part.length;
      if (this.held > this.limit) {
        this.parts = [];
        this.onTooLong();
      }
    }
  }
}
