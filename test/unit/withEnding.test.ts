import assert from 'node:assert/strict';
import { withEnding } from '../../src/core/withEnding';

describe('a name with an ending of several parts', () => {
  for (const [typed, named] of [
    ['/w/chat.wsflow.yaml', '/w/chat.wsflow.yaml'],
    ['/w/Chat.WSFLOW.YAML', '/w/Chat.WSFLOW.YAML'],
    ['/w/chat.yaml', '/w/chat.wsflow.yaml'],
    ['/w/chat', '/w/chat.wsflow.yaml'],
    ['/w/v1.2', '/w/v1.2.wsflow.yaml'],
    ['/w/聊天.yaml', '/w/聊天.wsflow.yaml'],
  ] as const) {
    it(`of ${typed} is ${named}`, () => {
      assert.equal(withEnding(typed, 'wsflow.yaml'), named);
    });
  }

  it('may have one part', () => {
    assert.equal(withEnding('/w/traffic', 'har'), '/w/traffic.har');
    assert.equal(withEnding('/w/traffic.har', 'har'), '/w/traffic.har');
  });
});
