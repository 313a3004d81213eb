/**
 * What a node concludes from time and from what others say; pure, so that the model of leases and debts
 * (test/unit/cluster/lease) runs the same. Times in one unit; `lease` is how long a lease lasts.
 */

/** A lease is renewed that often within its time. */
export const renewalsInLease = 4;

export type Answer = 'fresh' | 'stale' | 'silent';

/** `age`: since the last renewal was asked for. From here on a node asks the others whether it is the one cut off. */
export function inDoubt(age: number, lease: number): boolean {
  return age > lease * 0.7;
}

/** Whether others cannot have taken the lease: Redis counts from when it carried the renewal out, not before it was asked. */
export function isCertain(age: number, lease: number): boolean {
  return age < lease;
}

/**
 * Whether a node that is asked says that renewing works, which ends whoever asks. Not as soon as Redis is there again,
 * when the others have not had their turn; but well before it may take anything. `sound`: see `mayReap`.
 */
export function isFresh(age: number, sound: number, lease: number): boolean {
  return age < lease / 2 && sound >= lease / 2;
}

/**
 * Where another could renew its lease, or none answers at all, this node is the one that is cut off. Where others answer
 * that they cannot either, Redis is away for all, nobody can take anything, and what is open goes on.
 */
export function isCutOff(answers: readonly Answer[]): boolean {
  const alone = answers.length > 0 && answers.every((each) => each === 'silent');
  return alone || answers.includes('fresh');
}

/** `sound`: since when others could have renewed theirs. The living must have their chance before one takes anything. */
export function mayReap(sound: number, lease: number): boolean {
  return sound >= lease;
}

/**
 * Whether somebody whom Redis does not know is nobody. Before that, one who lives may not have told Redis of itself since
 * Redis began anew; who cannot within that time is cut off, and has ended what it held. `sound`: see `mayReap`.
 */
export function knowsAll(sound: number, lease: number): boolean {
  return sound >= lease;
}

/** A renewal that came that late says that Redis, or this node, was not there meanwhile. */
export function isLate(gap: number, lease: number): boolean {
  return gap > lease / 2;
}
