import assert from 'node:assert/strict';
import { type ClientSocket, Connection, type Service } from '../../../src/core/gateway/connection';
import { Inbound } from '../../../src/core/gateway/inbound';

describe('what clients have sent and waits', () => {
  const pair = (limit?: number) => {
    const inbound = new Inbound(limit);
    const said: string[] = [];
    const client = (name: string): Connection => {
      const connection = new Connection(name, {} as Service, 'release', 0);
      connection.socket = {
        pause: () => said.push(`${name} off`),
        resume: () => said.push(`${name} on`),
      } as unknown as ClientSocket;
      return connection;
    };
    return { inbound, said, a: client('a'), b: client('b'), c: client('c') };
  };

  it('of one client: it is not read until half of it is over', () => {
    const { inbound, said, a, b } = pair();
    inbound.add(b, 10);
    for (let event = 0; event < 256; event++) {
      inbound.add(a, 10);
    }
    assert.deepEqual(said, ['a off']);
    for (let event = 0; event < 127; event++) {
      inbound.over(a, 10);
    }
    assert.deepEqual(said, ['a off']);
    inbound.over(a, 10);
    assert.deepEqual(said, ['a off', 'a on']);
  });

  it('of all: whoever sends is not read until half of it is over; events without a message count for nothing', () => {
    const { inbound, said, a, b, c } = pair(100);
    inbound.add(a, 60);
    assert.deepEqual(said, []);
    inbound.add(b, 60);
    inbound.add(a, 1);
    inbound.add(a, 1);
    inbound.add(c, 0);
    assert.deepEqual(said, ['b off', 'a off']);
    inbound.over(a, 60);
    assert.deepEqual(said, ['b off', 'a off']);
    inbound.over(b, 60);
    assert.deepEqual(said, ['b off', 'a off', 'b on', 'a on']);
  });

  it('both: it is read again when neither is too much', () => {
    const { inbound, said, a, b } = pair(100);
    for (let event = 0; event < 256; event++) {
      inbound.add(a, 0);
    }
    inbound.add(b, 99);
    inbound.add(a, 1);
    inbound.over(b, 99);
    assert.deepEqual(said, ['a off']);
    for (let event = 0; event < 129; event++) {
      inbound.over(a, 0);
    }
    assert.deepEqual(said, ['a off', 'a on']);
  });

  it('of one that has left while it was not read: it is let go, and the others are read again', () => {
    const { inbound, said, a, b } = pair(10);
    inbound.add(a, 10);
    inbound.add(b, 10);
    a.letGo();
    inbound.over(a, 10);
    inbound.over(b, 10);
    assert.deepEqual(said, ['a off', 'b off', 'a on', 'b on']);
  });
});
