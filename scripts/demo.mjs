// A client that says one thing through a running gateway, and prints the conversation as the session saw it.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { readJson, root, until } from './toolchain.mjs';

const greeting = 'Hello from npm start';

/** A small project in `folder`, kept when it is there already. It runs with the Node.js that runs us. */
export function scaffoldSample(folder) {
  if (fs.existsSync(path.join(folder, 'scfws.json'))) return;
  const args = ['dist/cli.js', 'new', folder, '--language', 'javascript', '--template', 'echo'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`The sample project could not be created:\n${stdout}${stderr}`);
}

/** The session that serves `folder`: { url, pushUrl, pid }, or undefined when none runs. */
export function runningSession(folder) {
  try {
    const session = readJson(path.join(folder, '.scfws', 'session.json'));
    process.kill(session.pid, 0);
    return session;
  } catch {
    return undefined;
  }
}

/**
 * Connects, says the greeting, waits for the answer, leaves.
 * @param {string} folder the served project
 * @param {string} trace the file to which the session writes its facts (SCFWS_TRACE)
 * @param {number} seconds how long to wait for the gateway
 * @returns {Promise<string>} what was said
 */
export async function playDemo(folder, trace, seconds) {
  const { WebSocket } = await import('ws');
  const { url } = await until('the gateway to run', () => runningSession(folder), seconds);
  console.log(`\nThe gateway listens on ${url}`);
  const socket = new WebSocket(url);
  const answer = await new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error('The sample did not answer within 30 s.')),
      30_000,
    );
    socket.on('open', () => socket.send(greeting));
    socket.on('message', (data) => resolve(data.toString()));
    socket.on('error', reject);
    socket.on('close', (code) => reject(new Error(`The gateway closed the connection (${code}).`)));
    socket.on('close', () => clearTimeout(late));
  });
  if (!answer.includes(greeting)) throw new Error(`The sample answered something else: ${answer}`);
  socket.close(1000);
  const facts = await until('the end of the conversation', () => conversation(trace), 30);
  for (const line of describe(facts)) console.log(line);
  return greeting;
}

/** The facts of the last connection, once Delete has run for it. */
function conversation(trace) {
  const facts = fs
    .readFileSync(trace, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line));
  const { connection } = facts.findLast(({ kind }) => kind === 'opened') ?? {};
  const started = facts.filter(
    (fact) => fact.kind === 'invocationStarted' && fact.connection === connection,
  );
  const ended = new Map(
    facts.filter(({ kind }) => kind === 'invocationEnded').map((fact) => [fact.invocation, fact]),
  );
  const left = started.find(({ role, invocation }) => role === 'cleanup' && ended.has(invocation));
  if (connection === undefined || left === undefined) return undefined;
  return { connection, facts, started, ended };
}

function* describe({ connection, facts, started, ended }) {
  const own = facts.filter(
    (fact) =>
      fact.connection === connection && ['connecting', 'frame', 'closed'].includes(fact.kind),
  );
  const lines = [
    ...own.map((fact) => [fact.at, frameLine(fact)]),
    ...started.map(({ invocation, role, function: id }) => {
      const { at, outcome, durationMs } = ended.get(invocation);
      return [
        at,
        `  ${id.split('/').pop()} (${role}) ran for ${durationMs.toFixed(1)} ms: ${outcome}`,
      ];
    }),
  ].sort(([a], [b]) => a - b);
  const [[first]] = lines;
  yield `connection ${connection}`;
  for (const [at, line] of lines) yield `${(at - first).toFixed(0).padStart(6)} ms ${line}`;
}

function frameLine({ kind, direction, type, size, preview, cause, code }) {
  if (kind === 'connecting') return '→ asks to connect';
  if (kind === 'closed') return `  closed: ${cause}, ${code}`;
  const arrow = direction === 'toServer' ? '→' : '←';
  return `${arrow} ${type}, ${size} bytes: ${preview}`;
}
