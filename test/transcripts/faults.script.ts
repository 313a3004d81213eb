import type { Script } from './scene';

export const script: Script = {
  languages: ['node', 'python'],
  async play(scene) {
    const { intents } = scene.session;
    const once = (rule: object) => ({ seed: 1, rules: [{ rate: 1, ...rule }] }) as never;
    const plan = (title: string, rule: object) =>
      scene.step(title, () => intents.setFaults({ faults: once(rule) }));
    await scene.open('alice');
    await plan('the lab doubles what goes to clients', {
      fault: 'duplicate',
      direction: 'toClient',
    });
    await scene.say('alice', 'echo twice');
    await plan('the lab loses what comes from clients', { fault: 'drop', direction: 'toServer' });
    await scene.say('alice', 'echo never');
    await plan('the lab refuses pushes', { fault: 'pushFails', errNo: 9007 });
    await scene.say('alice', 'echo refused');
    await plan('the lab lets functions fail', { fault: 'functionError' });
    await scene.say('alice', 'echo failed');
    await scene.step('the lab is off', () => intents.setFaults({ faults: null }));
    await scene.say('alice', 'echo all is well');
  },
};
