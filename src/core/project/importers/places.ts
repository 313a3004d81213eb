/** Where the parts of a value are written, kept beside it by readers that make the value themselves. */
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
