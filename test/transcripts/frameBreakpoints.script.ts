import type { Scene, Script } from './scene';

const breakpoint = {
  id: 'one',
  condition: 'echo',
  direction: 'toServer',
  enabled: true,
} as const;

async function hold(scene: Scene, text: string): Promise<number> {
  const title = `alice says ${JSON.stringify(text)}`;
  const { frame } = await scene.stepUntil(title, () => scene.actor('alice').send(text), 'held');
  return frame.hold;
}

export const script: Script = {
  languages: ['node', 'python'],
  async play(scene) {
    const { intents } = scene.session;
    await scene.open('alice');
    await scene.step('a breakpoint is set', () =>
      intents.setFrameBreakpoints({ breakpoints: [breakpoint] }),
    );
    await scene.say('alice', 'log not of interest');
    const first = await hold(scene, 'echo one');
    await scene.step('it is released', () =>
      intents.releaseFrame({ hold: first, how: 'released' }),
    );
    const second = await hold(scene, 'echo two');
    await scene.step('it is released with other words', () =>
      intents.releaseFrame({ hold: second, how: 'edited', data: 'echo 2' }),
    );
    const third = await hold(scene, 'echo three');
    await scene.step('it is dropped', () => intents.releaseFrame({ hold: third, how: 'dropped' }));
  },
};
