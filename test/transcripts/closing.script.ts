import type { Script } from './scene';

export const script: Script = {
  languages: ['node', 'python'],
  async play(scene) {
    await scene.open('alice');
    await scene.leave('alice closes', () => scene.actor('alice').close(4001, 'going home'));
    await scene.open('bob');
    await scene.leave('bob vanishes', () => scene.actor('bob').drop());
    await scene.open('carol');
    await scene.leave('carol says "close"', () => scene.actor('carol').send('close'));
    await scene.open('dave');
    const pass = (seconds: number) => scene.session.intents.advanceClock({ ms: seconds * 1000 });
    await scene.step('299 seconds pass', () => pass(299));
    await scene.leave('two more seconds pass', () => pass(2));
  },
};
