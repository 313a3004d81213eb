import type { Script } from './scene';

export const script: Script = {
  languages: ['node', 'python'],
  async play(scene) {
    await scene.open('alice', ['chat']);
    await scene.open('mallory', ['unwelcome']);
    await scene.open('bob', ['nonsense']);
    const url = scene.session.services[0]?.url ?? '';
    await scene.open('carol', [], url.replace('/room', '/elsewhere'));
  },
};
