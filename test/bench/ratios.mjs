// The ratios to peers that a release had, kept beside the code; a later run is compared with them. What is compared was
// measured in one run each, so that the machine's own speed is no part of it.
import fs from 'node:fs';
import path from 'node:path';
import { median, quantile } from './load.mjs';

const file = path.join(import.meta.dirname, 'ratios.json');

/**
 * Of each goal: the median of what the rounds gave, oriented so that less is better, and how far its middle half spreads.
 * A round's figures of both sides were taken one after the other.
 */
export function ratiosOf(results) {
  const ratios = {};
  for (const [name, { goals = [], samples = {} }] of Object.entries(results)) {
    for (const { of, to, relation } of goals) {
      const rounds = (samples[of] ?? []).flatMap((value, round) => {
        const other = samples[to]?.[round];
        if (!(value > 0) || !(other > 0)) return [];
        return [relation === '≤' ? value / other : other / value];
      });
      if (rounds.length === 0) continue;
      ratios[`${name}: ${of} to ${to}`] = {
        ratio: round(median(rounds)),
        spread: round(quantile(rounds, 0.75) - quantile(rounds, 0.25)),
        rounds: rounds.length,
      };
    }
  }
  return ratios;
}

const round = (value) => Number(value.toPrecision(3));

/** What was not measured this time stays as it was, with when and where it was measured. */
export function keepRatios(ratios, { date, model, node }) {
  const kept = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : { ratios: {} };
  for (const [name, ratio] of Object.entries(ratios)) {
    kept.ratios[name] = { ...ratio, date, model, node };
  }
  fs.writeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`);
  console.log(`Kept ${Object.keys(ratios).length} ratios in ${path.basename(file)}.`);
}

/** Says each ratio that got worse by more than both runs spread; answers whether there was none. */
export function compareRatios(ratios) {
  if (!fs.existsSync(file)) {
    console.error('No ratios are kept yet: npm run bench -- --keep.');
    return false;
  }
  const kept = JSON.parse(fs.readFileSync(file, 'utf8'));
  const names = Object.keys(ratios).filter((name) => kept.ratios[name] !== undefined);
  if (names.length === 0) {
    console.error('None of these figures is among the kept ones: npm run bench -- --keep.');
    return false;
  }
  const worse = names.filter((name) => {
    const [now, before] = [ratios[name], kept.ratios[name]];
    return now.ratio - before.ratio > Math.max(now.spread, before.spread, 0.05 * before.ratio);
  });
  console.log('\nCompared with what was kept (less is better):');
  for (const name of names) {
    const [now, before] = [ratios[name], kept.ratios[name]];
    const mark = worse.includes(name) ? '✖ worse' : '✔';
    console.log(
      `  ${mark} ${name}: ${before.ratio} ± ${before.spread} (${before.date}) → ${now.ratio} ± ${now.spread}`,
    );
  }
  console.log(`${worse.length} of ${names.length} got worse by more than the noise of the runs.`);
  return worse.length === 0;
}
