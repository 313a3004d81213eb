import type { Scene } from './scene';

const isStopped = {
  kind: 'instance',
  where: (fact: object) => 'state' in fact && fact.state === 'stopped',
} as const;

/** A handler that raises and one that ends its process. What is said of it differs from language to language. */
export async function failures(scene: Scene): Promise<void> {
  await scene.open('alice');
  await scene.say('alice', 'raise');
  await scene.step('alice says "exit"', () => scene.actor('alice').send('exit'), isStopped);
  await scene.say('alice', 'echo in the next process');
}
