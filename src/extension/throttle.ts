export interface Throttled {
  (): void;
  dispose(): void;
}

/** Runs at once, then at most once in `ms` while calls go on; the last call is never lost. */
export function throttle(ms: number, run: () => void): Throttled {
  let timer: NodeJS.Timeout | undefined;
  let again = false;
  const call = () => {
    if (timer !== undefined) {
      again = true;
      return;
    }
    run();
    timer = setTimeout(() => {
      timer = undefined;
      if (again) {
        again = false;
        call();
      }
    }, ms);
  };
  return Object.assign(call, { dispose: () => clearTimeout(timer) });
}
