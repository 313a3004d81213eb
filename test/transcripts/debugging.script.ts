import type { Script } from './scene';

export const script: Script = {
  languages: ['node'],
  async play(scene) {
    const { intents } = scene.session;
    const id = scene.session.services[0]?.functions[0]?.function ?? 'talk/talker';
    await scene.open('alice');
    await scene.step('the function is to be debugged', () =>
      intents.debug({ function: id, enabled: true }),
    );
    await scene.say('alice', 'echo no breakpoint here');
    await scene.step('a debugger stops at a line', () =>
      intents.freezeClock({ reason: 'line 7', frozen: true }),
    );
    await scene.say('alice', 'echo while the clock stands still');
    await scene.step('the clock is moved by 10 minutes while it stands', () =>
      intents.advanceClock({ ms: 600_000 }),
    );
    await scene.step('the debugger goes on', () =>
      intents.freezeClock({ reason: 'line 7', frozen: false }),
    );
    await scene.step('it is not to be debugged any more', () =>
      intents.debug({ function: id, enabled: false }),
    );
    await scene.say('alice', 'echo as before');
  },
};
