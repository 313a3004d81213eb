import type { Script } from './scene';

export const script: Script = {
  languages: ['node', 'python'],
  async play(scene) {
    await scene.open('alice');
    await scene.say('alice', 'to nobody');
    await scene.say('alice', 'raw {"websocket":');
    await scene.say('alice', 'raw {"websocket":{"action":"shout"}}');
    await scene.say('alice', 'number');
    await scene.say('alice', 'bytes not base64!');
    await scene.step('somebody outside pushes to alice', () =>
      scene.session.intents.push({
        connections: [scene.connection('alice')],
        action: 'data send',
        dataType: 'text',
        data: 'from outside',
      }),
    );
  },
};
