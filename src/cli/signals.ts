/** Ctrl-C and its like, for commands that have processes to end. */

/** The first one ends the run in order, the second one at once: handlers end with their pipes. */
export function onSignals(run: () => void): () => void {
  let count = 0;
  const onSignal = (): void => {
    if (++count > 1) {
      process.exit(130);
    }
    run();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  signals.forEach((signal) => process.on(signal, onSignal));
  return () => signals.forEach((signal) => process.off(signal, onSignal));
}

export function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => resolve());
    }
  });
}
