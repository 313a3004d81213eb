import type { Script } from './scene';

export const script: Script = {
  languages: ['node', 'python'],
  async play(scene) {
    await scene.open('alice');
    await scene.say('alice', 'echo good morning 早上好');
    await scene.say('alice', 'log said to nobody');
    await scene.step('alice sends three bytes', () =>
      scene.actor('alice').send(Buffer.from([0, 255, 16])),
    );
    await scene.step('alice pings', () => scene.actor('alice').ping('still there'));
  },
};
