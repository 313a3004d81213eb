import type { InspectorModel } from '../model';
import { StoreLookup } from '../rows/lookup';
import { traceOf, type Trace } from '../../protocol/trace';

/** The trace of a row, from what the page has. */
export function traceOfRow(model: InspectorModel, row: number): Trace | undefined {
  const { store } = model;
  return traceOf(new StoreLookup(store, store.sessionOf(row)), store.seq(row));
}
