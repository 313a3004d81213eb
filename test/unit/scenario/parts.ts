/** A project with handlers that do what a message asks, flows beside it, and a run whose events are kept. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Failure, TestEvent } from '../../../src/protocol/testEvent';
import { runFlows, type RunOptions } from '../../../src/core/scenario/runFlows';

const handlers: Record<string, string> = {
  Register: `
    exports.main_handler = async (event) => {
      const id = event.websocket.secConnectionID;
      if ((event.queryString || {}).token === 'bad') return { errNo: 7, errMsg: 'no' };
      return { errNo: 0, errMsg: 'ok', websocket: { action: 'connecting', secConnectionID: id } };
    };`,
  // Each line of a message is one thing to do.
  Transmission: `
    const http = require('http');
    const fs = require('fs');
    const path = require('path');
    const push = (id, data, action = 'data send') => new Promise((resolve, reject) => {
      const body = JSON.stringify({ websocket: { action, secConnectionID: id, dataType: 'text', data } });
      const request = http.request(process.env.SCFWS_PUSH_URL, { method: 'POST', headers: { 'content-length': Buffer.byteLength(body) } },
        (response) => response.resume().on('end', resolve));
      request.on('error', reject);
      request.end(body);
    });
    exports.main_handler = async (event) => {
      const { secConnectionID: id, data } = event.websocket;
      const [what, ...rest] = data.split(' ');
      const text = rest.join(' ');
      if (what === 'say') await push(id, text);
      if (what === 'twice') { await push(id, text); await push(id, text); }
      if (what === 'json') await push(id, JSON.stringify({ type: 'said', id: 'm-1', at: Date.now(), user: { name: text } }));
      if (what === 'later') setTimeout(() => push(id, text), 150);
      if (what === 'throw') throw new Error(text);
      if (what === 'hang') await new Promise((resolve) => setTimeout(resolve, 60000));
      if (what === 'store') fs.appendFileSync(path.join(process.env.SCFWS_STORE, 'log'), text);
      if (what === 'load') await push(id, fs.existsSync(path.join(process.env.SCFWS_STORE, 'log')) ? fs.readFileSync(path.join(process.env.SCFWS_STORE, 'log'), 'utf8') : 'empty');
      if (what === 'env') await push(id, process.env[text] || 'unset');
      if (what === 'count') { global.count = (global.count || 0) + 1; await push(id, String(global.count)); }
      console.log('did ' + what);
      return { errNo: 0 };
    };`,
  Delete: `exports.main_handler = async () => ({ errNo: 0 });`,
};

export interface Ran {
  events: TestEvent[];
  ended: Extract<TestEvent, { test: 'runEnded' }>;
  /** By name of the scenario. */
  outcomes: Record<string, string>;
  failures: Record<string, Failure>;
  problems: string[];
}

export interface Project {
  folder: string;
  write(name: string, text: string): string;
  run(flow: string, options?: Partial<RunOptions>): Promise<Ran>;
  dispose(): void;
}

/** The scenarios of each flow in the folder share processes: starting them is most of the time that they take. */
export function warmFlows(folder: string): void {
  for (const name of fs.readdirSync(folder).filter((each) => each.endsWith('.wsflow.yaml'))) {
    const file = path.join(folder, name);
    fs.writeFileSync(file, `functions: warm\n${fs.readFileSync(file, 'utf8')}`);
  }
}

/** @param timeout of each function, seconds. */
export function makeProject(timeout = 5): Project {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-flow-')));
  const write = (name: string, text: string): string => {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
    return file;
  };
  for (const [name, text] of Object.entries(handlers)) {
    write(`${name}/index.js`, text);
  }
  const spec = (name: string) => ({
    folder: name,
    handler: 'index.main_handler',
    runtime: 'Nodejs',
    timeout,
  });
  write(
    'scfws.json',
    JSON.stringify({
      service: 'flow',
      path: '/ws',
      port: 0,
      backendTimeout: 900,
      functions: {
        register: spec('Register'),
        transfer: spec('Transmission'),
        cleanup: spec('Delete'),
      },
    }),
  );
  return {
    folder,
    write,
    async run(flow, options = {}) {
      const file = write('main.wsflow.yaml', flow);
      return runIn([file], options);
    },
    dispose: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
}

export async function runIn(from: string[], options: Partial<RunOptions> = {}): Promise<Ran> {
  const events: TestEvent[] = [];
  const ended = await runFlows({
    from,
    interpreters: {},
    bootstrapFolder: path.resolve('src/core/runtime/bootstrap'),
    signal: new AbortController().signal,
    workers: 2,
    ...options,
    tell: (event) => {
      events.push(event);
      options.tell?.(event);
    },
  });
  const outcomes: Ran['outcomes'] = {};
  const failures: Ran['failures'] = {};
  for (const event of events) {
    if (event.test === 'scenarioEnded') {
      const name = event.scenario.split('#')[1] ?? '';
      outcomes[name] = event.outcome;
      if (event.failure !== undefined) {
        failures[name] = event.failure;
      }
    }
  }
  const problems = events.flatMap((event) =>
    event.test === 'problem'
      ? [`${(event.problem.range?.line ?? -1) + 1}: ${event.problem.message}`]
      : [],
  );
  return { events, ended, outcomes, failures, problems };
}
