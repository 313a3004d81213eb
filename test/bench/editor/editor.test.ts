// Inside a real extension host: what loading and activating cost, and how late the event loop is while messages flow.
// The figures go to the file that SCFWS_FIGURES names.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import * as vscode from 'vscode';
import * as ids from '../../../src/extension/ids';
import { run, start, stop, TestProject } from '../../host/support';

const seconds = 8;
const figures: Record<string, number> = {};

describe('what the extension costs the editor', function () {
  this.timeout(300_000);
  const extension = vscode.extensions.getExtension('scf-websocket.scf-websocket');
  assert.ok(extension);
  const bench = path.join(extension.extensionPath, 'test', 'bench');

  after(() => fs.writeFileSync(process.env['SCFWS_FIGURES'] as string, JSON.stringify(figures)));

  it('loads and activates', async () => {
    assert.ok(!extension.isActive, 'it was activated before anything needed it');
    const file = path.join(extension.extensionPath, 'dist', 'extension.js');
    const load = createRequire(file);
    const before = performance.now();
    const main = load(file) as { activate(context: vscode.ExtensionContext): void };
    figures['loadMs'] = performance.now() - before;
    const cached = load.cache[load.resolve(file)];
    assert.ok(cached);
    cached.exports = {
      ...main,
      activate(context: vscode.ExtensionContext) {
        const started = performance.now();
        main.activate(context);
        figures['activateMs'] = performance.now() - started;
      },
    };
    await extension.activate();
    assert.ok(figures['activateMs'] !== undefined, 'the editor loaded another copy');
  });

  it('stays out of the way while messages flow', async () => {
    const handlers = path.join(bench, 'handlers', 'node');
    const project = new TestProject('bench');
    fs.cpSync(handlers, project.folder, { recursive: true });
    const { url, pushUrl } = await start();
    await run(ids.commands.openTraffic);
    const flows: Record<string, string[]> = { idle: ['0'] };
    for (const rate of ['250', '500', '1000', '1500', '2000', '2500']) {
      flows[`through handlers ${rate}/s`] = [rate];
    }
    for (const rate of ['1000', '2500', '5000']) {
      flows[`pushed ${rate}/s`] = [rate, pushUrl];
    }
    for (const [name, [perSecondWanted = '', ...to]] of Object.entries(flows)) {
      const delay = monitorEventLoopDelay({ resolution: 5 });
      delay.enable();
      const program = path.join(bench, 'steady.mjs');
      const flow = spawn(process.execPath, [program, url, perSecondWanted, `${seconds}`, ...to], {
        env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let printed = '';
      flow.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
      await new Promise((resolve) => flow.once('close', resolve));
      delay.disable();
      const { sent, answered, perSecond, lateP50, lateP99 } = JSON.parse(printed) as Record<
        string,
        number
      >;
      // The histogram counts what a timer of 5 ms took; the delay is what came on top.
      figures[`${name}: host p50`] = delay.percentile(50) / 1e6 - 5;
      figures[`${name}: host p99`] = delay.percentile(99) / 1e6 - 5;
      figures[`${name}: message p50`] = lateP50 ?? NaN;
      figures[`${name}: message p99`] = lateP99 ?? NaN;
      figures[`${name}: answered a second`] = perSecond ?? 0;
      figures[`${name}: not answered`] = (sent ?? 0) - (answered ?? 0);
    }
    await stop();
    project.remove();
  });
});
