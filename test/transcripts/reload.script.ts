import type { Script } from './scene';

export const script: Script = {
  languages: ['node', 'python'],
  async play(scene) {
    await scene.open('alice');
    await scene.say('alice', 'greet');
    await scene.step(
      'the handler is saved with another greeting, and alice says "greet"',
      () => {
        scene.save("greeting = 'hello'", "greeting = 'good evening'");
        scene.actor('alice').send('greet');
      },
      {
        kind: 'instance',
        where: (fact) => fact.kind === 'instance' && fact.state === 'stopped',
      },
    );
  },
};
