/** Facts as lines for a terminal: what `scfws serve` prints while it runs. */
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { sentences } from '../core/errors';
import type { Fact, FactKind, FactOf, SourcePlace } from '../protocol/fact';
import type { Voice } from '../protocol/facts/entry';
import { shortId } from '../protocol/facts/connectionFacts';
import { entryOf, mapFact } from '../protocol/facts/table';

const time = (at: number): string => `${(at / 1000).toFixed(3)}s`.padStart(10);

/**
 * Makes what turns facts, in their order, into one line or more; undefined for those that say nothing to a person in a
 * terminal.
 */
export function startNarration(): (fact: Fact) => string | undefined {
  const runs = new Map<string, FactOf<'invocationStarted'>>();
  let stopping = false;
  return (fact) => {
    const id = 'invocation' in fact ? (fact.invocation ?? '') : '';
    const run = runs.get(id);
    if (fact.kind === 'invocationStarted') {
      runs.set(fact.invocation, fact);
    }
    if (fact.kind === 'invocationEnded') {
      runs.delete(fact.invocation);
    }
    stopping ||= fact.kind === 'stopping';
    const text = wordsOf(shown(fact), {
      ...{ l10n, sentences, place: placed, name: shortId },
      ...{ run, stopping },
    });
    return text === undefined ? undefined : `${time(fact.at)}  ${text}`;
  };
}

function wordsOf<K extends FactKind>(fact: FactOf<K>, voice: Voice): string | undefined {
  return entryOf(fact).words?.(fact, voice);
}

/** Control characters of the terminal, and those that turn the direction of text: clients must not write with them. */
const controls = /[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;
/** What a function may do in a terminal: colours, tabs, lines. */
const harmless = /(\x1b\[[\d;:]*m|[\t\n])/;

export function visible(text: string): string {
  return text.replace(controls, (each) =>
    each === '\n' ? '\\n' : `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n');
}

function visibleOutput(text: string): string {
  return text
    .split(harmless)
    .map((part, index) => (index % 2 === 1 ? part : visible(part)))
    .join('');
}

/** What comes from clients, and what functions made of it, cannot steer the terminal. */
function shown(fact: Fact): Fact {
  return mapFact(fact, (text, { use }) => {
    switch (use) {
      case 'output':
        return visibleOutput(text);
      case 'lines':
        return visibleLines(text);
      case 'line':
      case 'preview':
      case 'target':
      case 'header':
      case 'keyAddress':
        return visible(text);
    }
  });
}

/** `path:line: `, as editors and terminals know to open it. */
export function placed(place: SourcePlace | undefined): string {
  return place === undefined
    ? ''
    : `${path.relative('', place.file)}:${place.line}${place.column === undefined ? '' : `:${place.column}`}: `;
}
