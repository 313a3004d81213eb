/** Any other gateway: what can be seen from outside, with a short silence for "nothing more comes". */
import { setTimeout as pause } from 'node:timers/promises';
import type { Place } from './place';
import { addressOf, signal } from './place';

/** Milliseconds without a message after which nothing more is expected. */
export const defaultSilence = 400;

/** Milliseconds that an expected message may take: a function that has to start first takes seconds in the cloud. */
export const patience = 10_000;

export function elsewhere(url: string, pushUrl: string | undefined, silence: number): Place {
  let last = performance.now();
  const { happened, next } = signal();
  return {
    pushUrl,
    url: (options) => addressOf(url, options),
    introduce: () => ({ dispose: () => undefined }),
    happened() {
      last = performance.now();
      happened();
    },
    next,
    async settled() {
      last = performance.now();
      for (let left = silence; left > 0; left = last + silence - performance.now()) {
        await pause(left);
      }
    },
    async givenUp(signal) {
      await pause(patience, undefined, { signal }).catch(() => undefined);
    },
  };
}
