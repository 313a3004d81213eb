/** Names of connections in a narrow column: cut in their middle, so that no two of them look alike. */

export class FitNames {
  private width = Infinity;
  private readonly known = new Map<string, string>();
  private readonly taken = new Set<string>();

  /** @param measure pixels of a text in the column's font */
  constructor(private readonly measure: (text: string) => number) {}

  /** @param width pixels that a name has */
  setWidth(width: number): void {
    if (width !== this.width) {
      this.width = width;
      this.known.clear();
      this.taken.clear();
    }
  }

  fit(name: string): string {
    let fitted = this.known.get(name);
    if (fitted === undefined) {
      fitted = this.cut(name);
      this.known.set(name, fitted);
      this.taken.add(fitted);
    }
    return fitted;
  }

  private cut(name: string): string {
    if (this.measure(name) <= this.width) {
      return name;
    }
    // Whole characters, so that no pair of surrogates is cut in two.
    const characters = Array.from(name);
    const shorten = (kept: number, head: number) =>
      `${characters.slice(0, head).join('')}…${characters.slice(characters.length - (kept - head)).join('')}`;
    let kept = characters.length - 1;
    while (kept > 2 && this.measure(shorten(kept, Math.ceil(kept / 2))) > this.width) {
      kept -= 1;
    }
    // Names differ mostly at their ends; where two would look alike, more of the end is shown, then more of the beginning.
    const half = Math.ceil(kept / 2);
    const heads = Array.from({ length: kept + 1 }, (_, head) => head).sort(
      (a, b) => Math.abs(a - half) - Math.abs(b - half) || a - b,
    );
    const cuts = heads.map((head) => shorten(kept, head));
    return cuts.find((each) => !this.taken.has(each)) ?? cuts[0]!;
  }
}
