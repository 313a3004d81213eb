/** Clients that do not read, hardly write, or say nothing: what they cost is bounded, and nobody else notices. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { outboundLimits } from '../../src/core/gateway/outbound';
import { connect, disposeServed, echoHandler, serve, type Served } from './served';
import { frame, openRaw, upgradeRequest } from './wire';

const resident = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024;

describe('pressure', function () {
  afterEach(disposeServed);

  const othersAreServed = async (served: Served): Promise<void> => {
    const other = await connect(served.url);
    for (let n = 0; n < 20; n++) {
      assert.equal(await other.say(`other ${n}`), `other ${n}`);
    }
  };

  it('a client that never reads is cut off at the limit, and told so', async () => {
    const big = `${echoHandler}
      const echo = exports.main_handler;
      exports.main_handler = async (event) => {
        const { action, data, secConnectionID } = event.websocket;
        if (action !== 'data send' || !data.startsWith('flood')) return echo(event);
        for (let n = 0; n < 60; n++) {
          const answer = await exports.push({ action, secConnectionID, dataType: 'text', data: 'x'.repeat(1 << 20) });
          if (JSON.parse(answer).errNo !== 0) return answer;
        }
      };`;
    const served = await serve({
      files: { 'index.js': big },
      transfer: { maxInstances: 2 },
      flags: ['--memory-mb', '8'],
    });
    await othersAreServed(served);
    const before = resident(served.pid);
    const deaf = await openRaw(served.port);
    deaf.socket.write(upgradeRequest(served.port, new URL(served.url).pathname));
    await deaf.until('\r\n\r\n');
    deaf.socket.pause();
    deaf.socket.write(frame({ payload: Buffer.from('flood') }));
    await othersAreServed(served);
    const closed = await served.until('closed', ({ reason }) => /does not read/.test(reason));
    assert.equal(closed.cause, 'notReading');
    assert.match(closed.reason, new RegExp(`the limit is ${outboundLimits.one}`));
    assert.ok(resident(served.pid) - before < 150, `${resident(served.pid) - before} MB more`);
    await othersAreServed(served);
    await served.stop();
  });

  it('a client that sends faster than it is served is slowed down, and loses nothing (limits.inbound)', async () => {
    const slow = `${echoHandler}
      const echo = exports.main_handler;
      exports.main_handler = async (event) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        return echo(event);
      };`;
    const served = await serve({ files: { 'index.js': slow }, transfer: { maxInstances: 2 } });
    const eager = await connect(served.url);
    const count = 1500;
    for (let n = 0; n < count; n++) {
      eager.socket.send(`${n} ${'x'.repeat(20_000)}`);
    }
    await othersAreServed(served);
    for (let n = 0; n < count; n++) {
      assert.equal(Number.parseInt(String(await eager.next()), 10), n);
    }
    await served.stop();
  });

  it('200 clients that send a byte at a time do not hold up the others', async () => {
    const served = await serve();
    const slow = await Promise.all(Array.from({ length: 200 }, () => openRaw(served.port)));
    const request = upgradeRequest(served.port, new URL(served.url).pathname);
    for (const byte of request.subarray(0, 60)) {
      slow.forEach(({ socket }) => socket.write(Buffer.from([byte])));
    }
    await othersAreServed(served);
    for (const { socket } of slow) {
      socket.write(request.subarray(60));
    }
    await Promise.all(slow.map((client) => client.until('101 Switching')));
    slow.forEach(({ socket }) => socket.destroy());
    await served.stop();
  });

  it('1,000 connections that say nothing cost little, and stopping does not wait for them', async () => {
    const served = await serve();
    await othersAreServed(served);
    const before = resident(served.pid);
    const silent = await Promise.all(Array.from({ length: 1000 }, () => openRaw(served.port)));
    await othersAreServed(served);
    const each = ((resident(served.pid) - before) * 1024) / 1000;
    assert.ok(each < 60, `${each.toFixed(1)} KiB for each`);
    await served.stop();
    await Promise.all(silent.map(({ closed }) => closed));
  });
});
