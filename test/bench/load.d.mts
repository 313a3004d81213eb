// What tests written in TypeScript use of load.mjs.
/** NaN for no values. */
export function quantile(values: readonly number[], q: number): number;
