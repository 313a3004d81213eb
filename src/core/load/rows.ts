/** Percentiles with what each is made of. Pure. */
import { sampleAt, type Samples, type Split } from './samples';

/** Percentiles that are told. */
const told = [0.5, 0.9, 0.95, 0.99, 0.999, 1] as const;

/** `p99`, `max`. */
export const rowNames: readonly string[] = told.map((share) =>
  share === 1 ? 'max' : `p${Math.round(share * 1000) / 10}`,
);

export interface Row {
  name: string;
  /** Milliseconds. */
  latency: number;
  /** Of the frame at that place; undefined: unknown. */
  split?: Split;
}

/** `ranked`: numbers of samples, the quickest first. */
export function rowsOf(samples: Samples, ranked = samples.ranked()): Row[] {
  return told.flatMap((share, index) => {
    const sample = sampleAt(ranked, share);
    const split = sample === undefined ? undefined : samples.split(sample);
    return sample === undefined
      ? []
      : {
          name: rowNames[index] ?? '',
          latency: samples.latency(sample),
          ...(split === undefined ? {} : { split }),
        };
  });
}
