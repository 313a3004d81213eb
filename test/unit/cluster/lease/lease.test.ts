// Leases and debts, in every order of events that a few faults allow; and that each guard of the nodes is needed.
import assert from 'node:assert/strict';
import { explore } from './explore';
import { allGuards, type Guards, start, startOpen, startTaken, type State } from './model';

/** `[[nodes of the connections], faults]`, of every kind; more of either takes minutes to hours. */
const wished = process.env['SCFWS_MODEL'];
const sizes = JSON.parse(wished ?? '[[[0],1]]') as [places: number[], faults: number][];
/** What is explored each time takes seconds. */
const faultsOf = wished === undefined ? /killed|forgets/ : /./;

interface Mutant {
  instead: Partial<Guards>;
  message: RegExp;
  from?: State;
  only?: RegExp;
}
const open = startOpen(1);
const twoFaults = startOpen(2);
const mutants: Record<string, Mutant> = {
  'writing down before asking Register': {
    instead: { writtenFirst: false },
    message: /never runs/,
  },
  'asking the others in doubt': {
    instead: { inDoubt: () => false },
    message: /a living node/,
    from: open,
  },
  'giving up when cut off': {
    instead: { isCutOff: () => false },
    message: /a living node/,
    from: open,
  },
  'waiting before taking': {
    instead: { mayReap: () => true },
    message: /a living node/,
    from: open,
  },
  'waiting before denying what Redis does not know': {
    instead: { knowsAll: () => true },
    message: /hears that it is not/,
    from: open,
    only: /forgets/,
  },
  'remembering who was taken': {
    instead: { remembersReaped: false },
    message: /for ever|living|twice/,
    from: open,
  },
  'disowning what others pay': { instead: { disowns: false }, message: /twice/ },
  'looking at the own lease before acting': {
    instead: { isCertain: () => true },
    message: /never runs/,
  },
  'owing anew what Register answered late': {
    instead: { owesLate: false },
    message: /never runs/,
  },
  'ending a life that was given up': {
    instead: { endsFormer: false },
    message: /never runs/,
    from: open,
  },
  'writing down anew': { instead: { reconciles: false }, message: /for ever|never runs/ },
  'moving what a dead payer had read': {
    instead: { movesPending: false },
    message: /never runs/,
    from: startTaken('dead', 1),
    only: /killed/,
  },
  'reading again what was not heard': {
    instead: { readsAgain: false },
    message: /for ever|never runs/,
    from: startTaken('dead', 1),
    only: /reads: answer lost/,
  },
  'remembering what was paid': {
    instead: { remembersPaid: false },
    message: /twice|for ever/,
    from: startTaken('dead', 1),
    only: /cut off/,
  },
  'writing nothing down without a lease': {
    instead: { needsLease: false },
    message: /for ever/,
    from: start([0], 2),
    only: /killed|forgets/,
  },
  'remembering what was handed over': {
    instead: { remembersFormer: false },
    message: /never runs/,
    from: startTaken('alive', 1),
    only: /forgets/,
  },
  'adopting what is in hand': {
    instead: { adopts: false },
    message: /never runs/,
    from: startTaken('dead', 2),
    only: /killed|forgets/,
  },
  'asking the others before renewing': {
    instead: { doubtsFirst: false },
    message: /./,
    from: twoFaults,
    only: /stands still|forgets/,
  },
};

describe('leases and debts, in every order of events', function () {
  this.timeout(wished === undefined ? 300_000 : 0);

  for (const [places, faults] of sizes) {
    it(`owes nothing with ${places.length} connections and ${faults} faults`, () => {
      const { states, violation } = explore(start(places, faults), allGuards, faultsOf);
      assert.equal(violation, undefined, JSON.stringify(violation, null, 1));
      assert.ok(states > 10_000, `${states} states are too few to be all`);
      if (wished !== undefined) {
        console.log(`      ${states} states`);
      }
    });
  }

  for (const [guard, { instead, message, from, only }] of Object.entries(mutants)) {
    it(`finds what happens without ${guard}`, () => {
      const guards = { ...allGuards, ...instead };
      const { violation } = explore(from ?? start([0], 1), guards, only);
      assert.match(violation?.message ?? 'nothing', message);
    });
  }
});
