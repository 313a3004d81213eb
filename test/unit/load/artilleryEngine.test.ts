// The engine for Artillery by the interface that it documents: virtual users at a real gateway, and what they report.
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { readUsers } from '../../../src/core/load/users';
import { startSession, type Session } from '../../../src/core/session/session';
import { makeProject, type Project } from '../scenario/parts';

type Callback = (error: Error | null, context: object) => void;
type User = (context: { vars: Record<string, unknown> }, callback: Callback) => void;
type Engine = new (
  script: object,
  events: EventEmitter,
  helpers: object,
  read: typeof readUsers,
) => { createScenario(spec: object, events: EventEmitter): User };

const folder = path.resolve('packages/artillery-engine-wsflow');
const WsflowEngine = createRequire(__filename)(folder) as Engine;

const flow = `clients: [ann, bob]
vars: { word: hello }
scenarios:
  - name: greets
    steps:
      - ann connects
      - bob connects
      - ann sends: say \${word}
      - ann receives exactly: ["\${word}"]
      - Transmission ran: { for: ann }
      - bob receives nothing
  - name: waits in vain
    steps:
      - ann connects
      - ann sends: nothing
      - ann receives: an answer
`;

describe('artillery-engine-wsflow', function () {
  let project: Project;
  let session: Session;
  before(async () => {
    project = makeProject();
    project.write('it.wsflow.yaml', flow);
    const bootstrapFolder = path.resolve('src/core/runtime/bootstrap');
    session = await startSession({ folders: [project.folder], port: 0, bootstrapFolder });
  });
  after(async () => {
    await session.dispose();
    project.dispose();
  });

  /** As Artillery does it: one engine in a worker, a function for each scenario, a call for each user. */
  async function users(steps: object[], vars: Record<string, unknown>[], options: object = {}) {
    const told: [string, ...unknown[]][] = [];
    const events = new EventEmitter();
    for (const name of ['started', 'counter', 'rate', 'histogram', 'error']) {
      events.on(name, (...words: unknown[]) => told.push([name, ...words]));
    }
    const script = {
      config: { target: session.services[0]?.url, engines: { wsflow: options } },
    };
    const engine = new WsflowEngine(script, events, {}, readUsers);
    const user = engine.createScenario({ flow: steps }, events);
    const ends = await Promise.all(
      vars.map(
        (each) =>
          new Promise<Error | null>((resolve) =>
            user({ vars: { $dirname: project.folder, ...each } }, (error) => resolve(error)),
          ),
      ),
    );
    const counts: Record<string, number> = {};
    for (const [kind, name, value] of told) {
      if (kind === 'counter') {
        counts[String(name)] = (counts[String(name)] ?? 0) + Number(value);
      }
    }
    const latencies = told.filter(([kind]) => kind === 'histogram').map(([, , value]) => value);
    return { ends, told, counts, latencies };
  }

  it('lets each user go through a scenario with variables of its own, and counts', async () => {
    const words = ['one', 'two', 'three'];
    const { ends, told, counts, latencies } = await users(
      [{ wsflow: 'it.wsflow.yaml', scenario: 'greets' }, { think: 0 }],
      words.map((word) => ({ word, target: session.services[0]?.url })),
    );
    assert.deepEqual(ends, [null, null, null]);
    assert.deepEqual(counts, {
      'wsflow.scenarios': 3,
      'wsflow.messages_sent': 3,
      'wsflow.messages_expected': 3,
      'wsflow.messages_received': 3,
    });
    assert.equal(told.filter(([kind]) => kind === 'started').length, 3);
    assert.equal(latencies.length, 3);
    assert.ok(latencies.every((each) => Number(each) > 0));
    const said = session.recorder
      .read(1, Infinity)
      .flatMap((fact) =>
        fact.kind === 'frame' && fact.direction === 'toServer' ? fact.preview : [],
      );
    assert.deepEqual(
      said.filter((each) => each.startsWith('say')).sort(),
      words.map((word) => `say ${word}`).sort(),
    );
    await session.quiet.until();
    const open = session.recorder
      .read(1, Infinity)
      .reduce(
        (count, { kind }) => count + Number(kind === 'opened') - Number(kind === 'closed'),
        0,
      );
    assert.equal(open, 0, 'each user has left');
  });

  it('fails a user whose answer does not come, with a sentence', async () => {
    const { ends, told, counts } = await users(
      [{ wsflow: 'it.wsflow.yaml', scenario: ['waits in vain'] }],
      [{}],
      { limit: 0.3 },
    );
    assert.match(ends[0]?.message ?? '', /^waits in vain: .*ann/);
    assert.equal(counts['wsflow.messages_received'], 0);
    assert.deepEqual(told.at(-1), ['error', ends[0]?.message]);
  });

  it('says what is wrong with a script', async () => {
    await assert.rejects(
      users([{ get: '/' }], []),
      /knows the steps "wsflow: file" and "think: seconds", not \{"get":"\/"\}/,
    );
    await assert.rejects(users([{ think: 'long' }], []), /"think" takes seconds/);
    const { ends } = await users([{ wsflow: 'it.wsflow.yaml', scenario: 'none' }], [{}]);
    assert.match(ends[0]?.message ?? '', /There is no scenario "none"/);
    const { ends: missing } = await users([{ wsflow: 'other.wsflow.yaml' }], [{}]);
    assert.match(missing[0]?.message ?? '', /other\.wsflow\.yaml/);
  });

  it('is released with the version of the command line', () => {
    const read = (file: string) =>
      JSON.parse(fs.readFileSync(file, 'utf8')) as {
        version: string;
        peerDependencies?: { scfws: string };
      };
    const { version } = read('package.json');
    const own = read(path.join(folder, 'package.json'));
    assert.equal(own.version, version);
    assert.equal(own.peerDependencies?.scfws, version);
  });
});
