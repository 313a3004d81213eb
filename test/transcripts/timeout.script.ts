import type { Script } from './scene';

export const script: Script = {
  languages: ['node', 'python'],
  async play(scene) {
    const pass = (seconds: number) => scene.session.intents.advanceClock({ ms: seconds * 1000 });
    await scene.open('alice');
    await scene.say('alice', 'log it sets the timer of the limit');
    await scene.step('20 seconds pass', () => pass(20));
    await scene.stepUntil(
      'alice says "hang"',
      () => scene.actor('alice').send('hang'),
      'invocationStarted',
    );
    // To the very moment, over those of the event before and of the silence of connections.
    await scene.step('60 seconds pass', () => pass(60));
    await scene.say('alice', 'echo in the next process');
  },
};
