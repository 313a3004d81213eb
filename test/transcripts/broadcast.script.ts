import type { Script } from './scene';

export const script: Script = {
  languages: ['node', 'python'],
  async play(scene) {
    await scene.open('alice');
    await scene.open('bob');
    await scene.open('carol');
    await scene.say('bob', 'all hello everybody');
    await scene.leave('carol leaves', () => scene.actor('carol').close(1000, 'enough'));
    await scene.say('alice', 'all who is left?');
  },
};
