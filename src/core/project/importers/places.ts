/** Where the parts of a value are written, kept beside it by readers that make the value themselves. */
import { lineStarts, positionOf } from '../jsonText';
import type { Place } from './notes';
import type { Path } from './yamlText';

export class Places {
  readonly #known = new WeakMap<object, Map<string, Place>>();

  set(container: object, key: string | number, place: Place): void {
    const places = this.#known.get(container) ?? new Map<string, Place>();
    this.#known.set(container, places.set(String(key), place));
  }

  get(container: object, key: string | number): Place | undefined {
    return this.#known.get(container)?.get(String(key));
  }

  /** Of the nearest part on the way that is written somewhere. */
  along(root: object, path: Path, otherwise: Place): Place {
    let value: unknown = root;
    let place = otherwise;
    for (const step of path) {
      if (typeof value !== 'object' || value === null) {
        break;
      }
      place = this.get(value, step) ?? place;
      value = (value as Record<string, unknown>)[String(step)];
    }
    return place;
  }
}

/** From offsets in a text to its places. */
export function placeFinder(text: string, file: string): (from: number, to: number) => Place {
  const lines = lineStarts(text);
  return (from, to) => {
    const start = positionOf(lines, from);
    const end = positionOf(lines, to);
    return {
      file,
      range: { ...start, endLine: end.line, endColumn: end.column },
    };
  };
}
