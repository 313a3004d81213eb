// Members of event and context that are called otherwise here: nothing fails where they are read, and what is missing is
// told before the first client; nothing is told where the code knows of it.
import assert from 'node:assert/strict';
import { explainMisnamed } from '../../../src/core/runtime/advice/places';
import type { Interpreter } from '../../../src/core/runtime/launch/interpreters';
import { pythons } from '../pythons';
import { disposeBenches, lookAtCode, startBench } from './harness';

/** Lines of the handler, then each that is told: what, what it is called, line. */
type Case = [body: string[], ...told: [what: string, here: string, line: number][]];

const id = ['event.websocket.connectionId', 'event.websocket.secConnectionID'] as const;

const node: Case[] = [
  [
    ['const id = event.websocket.connectionId;', 'return id;'],
    [...id, 2],
  ],
  [
    ['console.log(event, context.requestId);', 'return event.websocket.secConnectionId;'],
    ['context.requestId', 'context.request_id', 2],
    ['event.websocket.secConnectionId', 'event.websocket.secConnectionID', 3],
  ],
  [
    ['const { websocket } = event;', 'const { connectionId, dataType } = websocket;'],
    ['websocket.connectionId', 'websocket.secConnectionID', 3],
  ],
  [
    ['const { websocket: { secConnectionID, datatype } } = event;'],
    ['event.websocket.datatype', 'event.websocket.dataType', 2],
  ],
  [
    ['const ws = event.websocket;', 'return [1].map(() => ws?.sec_connection_id);'],
    ['ws.sec_connection_id', 'ws.secConnectionID', 3],
  ],
  [
    ['return { f: context.functionName, m: context["memoryLimitInMB"], a: context.awsRequestId };'],
    ['context.functionName', 'context.function_name', 2],
    ['context.memoryLimitInMB', 'context.memory_limit_in_mb', 2],
    ['context.awsRequestId', 'context.request_id', 2],
  ],
  [['return event.webSocket.data;'], ['event.webSocket', 'event.websocket', 2]],
  [
    ['return event.websocket.secConectionID;'],
    ['event.websocket.secConectionID', 'event.websocket.secConnectionID', 2],
  ],
  // What is right, unknown, looked for first, has a substitute, or may have been put there.
  [
    [
      'return event.websocket.secConnectionID + context.request_id + context.getRemainingTimeInMillis();',
    ],
  ],
  [
    [
      'return [event.body, event.websocket.rooms, context.clientContext, event.requestContext.requestID];',
    ],
  ],
  [['return event.websocket.connectionId || event.websocket.secConnectionID;']],
  [['return event.websocket.connectionId ?? 1;']],
  [['if (context.awsRequestId) return context.awsRequestId;', 'return context.request_id;']],
  [['if (typeof context.requestId === "string") return context.requestId;']],
  [
    [
      'const { connectionId = event.websocket.secConnectionID } = event.websocket;',
      'return connectionId;',
    ],
  ],
  [
    [
      'event.websocket.connectionId = event.websocket.secConnectionID;',
      'return event.websocket.connectionId;',
    ],
  ],
  [['normalise(event);', 'return event.websocket.connectionId;']],
  [['event = normalise(event);', 'return event.websocket.connectionId;']],
  [['Object.assign(event.websocket, more);', 'return event.websocket.connectionId;']],
  [['return other.map((event) => event.websocket.connectionId);']],
  [['for (event of other) event.websocket.connectionId;']],
  [['for (const event of other) event.websocket.connectionId;']],
  [['{', 'const { event } = other;', 'return event.websocket.connectionId;', '}']],
  [['({ event } = other);', 'return event.websocket.connectionId;']],
  [['[event] = other;', 'return event.websocket.connectionId;']],
  [['try { f(); } catch (event) { return event.websocket.connectionId; }']],
  [['const context2 = { functionName: 1 };', 'return context2.functionName;']],
  // What runs on other platforms, too.
  [['return process.env.AWS_REGION ? context.awsRequestId : context.request_id;']],
  [['if (isAws) console.log(context.functionName);', 'return null;']],
  [['const { awsRequestId, request_id } = context;', 'return awsRequestId || request_id;']],
  [
    [
      'let id = event.websocket.connectionId;',
      'if (!id) id = event.websocket.secConnectionID;',
      'return id;',
    ],
  ],
  [
    [
      'switch (process.env.P) {',
      'case "a": return context.awsRequestId;',
      'default: return null; }',
    ],
  ],
  [['if ("awsRequestId" in context) console.log(1);', 'return context.awsRequestId;']],
  [['if (context.hasOwnProperty("requestId")) return 1;', 'return context.requestId;']],
  [['return context.functionName?.length;']],
  [
    [
      'for (const key of keys) event.websocket[key] = 1;',
      'return event.websocket.sec_connection_id;',
    ],
  ],
  // A condition of the event itself tells no platform from another.
  [
    [
      'if (event.websocket.action === "closing") console.log(context.requestId);',
      'return event.websocket.action === "x" ? event.websocket.secConnectionId : event.websocket.secConnectionID;',
    ],
    ['context.requestId', 'context.request_id', 2],
    ['event.websocket.secConnectionId', 'event.websocket.secConnectionID', 3],
  ],
];

const python: Case[] = [
  [
    ['return event["websocket"].get("connectionId")'],
    ['event["websocket"]["connectionId"]', 'event["websocket"]["secConnectionID"]', 2],
  ],
  [
    [
      'print(event)',
      'ws = event.get("websocket", {})',
      'return [ws.get("secConnectionId"), context.get("functionName")]',
    ],
    ['ws["secConnectionId"]', 'ws["secConnectionID"]', 4],
    ['context["functionName"]', 'context["function_name"]', 4],
  ],
  [['return context["aws_request_id"]'], ['context["aws_request_id"]', 'context["request_id"]', 2]],
  [['return event["WebSocket"]["data"]'], ['event["WebSocket"]', 'event["websocket"]', 2]],
  [['return event["websocket"]["secConnectionID"], context["request_id"], event.get("body")']],
  [['return event["websocket"].get("connectionId", "")']],
  [['return event["websocket"].get("connectionId") or event["websocket"]["secConnectionID"]']],
  [['if "connectionId" in event["websocket"]:', '    return event["websocket"]["connectionId"]']],
  [['event["websocket"]["connectionId"] = 1', 'return event["websocket"]["connectionId"]']],
  [['normalise(event)', 'return event["websocket"]["connectionId"]']],
  [['event.update(more)', 'return event["websocket"].get("connectionId")']],
  [['event = {}', 'return event["websocket"].get("connectionId")']],
  [['return [event["websocket"].get("connectionId") for event in event["more"]]']],
  [['try:', '    return context["functionName"]', 'except KeyError:', '    return None']],
  // What runs on other platforms, too.
  [['return context.get("awsRequestId") if is_aws() else context["request_id"]']],
  [['if is_aws():', '    print(context.get("functionName"))', 'return None']],
  [['one, other = context.get("requestId"), context.get("request_id")', 'return one or other']],
  [
    [
      'one = event["websocket"].get("connectionId")',
      'if not one:',
      '    one = event["websocket"]["secConnectionID"]',
      'return one',
    ],
  ],
  [
    [
      'if event["websocket"].has_key("connectionId"):',
      '    return event["websocket"]["connectionId"]',
    ],
  ],
  [
    [
      'for key in KEYS:',
      '    event["websocket"][key] = 1',
      'return event["websocket"]["secConnectionId"]',
    ],
  ],
  [
    ['if event["websocket"]["action"] == "closing":', '    print(context.get("requestId"))'],
    ['context["requestId"]', 'context["request_id"]', 3],
  ],
];

describe('a member that is called otherwise here', function () {
  afterEach(disposeBenches);

  const toldOf = async (
    family: 'python' | 'node',
    file: string,
    source: string,
    program: string,
    version: string,
  ) => {
    const bench = startBench({ files: { [file]: source }, spec: { family } });
    const interpreter: Interpreter = { program, version, source: 'path', why: '' };
    const { spec } = bench.runtime;
    const check = await lookAtCode(bench, interpreter);
    assert.deepEqual(check.failures, []);
    const findings = explainMisnamed(check, spec);
    assert.ok(
      findings.every(({ rule }, index) => {
        const { what = '' } = check.misnamed[index] ?? {};
        return rule === (what.startsWith('context') ? 'runtime.context' : 'transfer.event');
      }),
    );
    return check.misnamed.map(({ what, here, line }) => [what, here, line]);
  };

  for (const [body, ...told] of node) {
    it(`Node.js: ${body.join(' ')}`, async () => {
      const source = `exports.main_handler = async (event, context) => {\n${body.join('\n')}\n};\n`;
      const found = await toldOf(
        'node',
        'index.js',
        source,
        process.execPath,
        process.versions.node,
      );
      assert.deepEqual(found, told);
    });
  }

  for (const source of [
    'module.exports = {\n  async main_handler(e) { return e.websocket.connectionId; },\n};',
    'async function run(e) {\n  return e.websocket.connectionId; }\nexports.main_handler = run;',
    'const run = (e) =>\n  e.websocket.connectionId;\nmodule.exports = { main_handler: run };',
    'exports.main_handler = ({ websocket: e }) =>\n  e.connectionId;',
  ]) {
    it(`Node.js, exported so: ${source.replaceAll('\n', ' ')}`, async () => {
      const found = await toldOf(
        'node',
        'index.js',
        source,
        process.execPath,
        process.versions.node,
      );
      const of = source.includes('websocket: e') ? 'e' : 'e.websocket';
      assert.deepEqual(found, [[`${of}.connectionId`, `${of}.secConnectionID`, 2]]);
    });
  }

  it('Node.js: in an ES module, too, but in no other function', async () => {
    const source =
      'const other = (event) => event.websocket.connectionId;\nexport async function main_handler(event) {\n  return event.websocket.connectionId;\n}\n';
    const found = await toldOf(
      'node',
      'index.mjs',
      source,
      process.execPath,
      process.versions.node,
    );
    assert.deepEqual(found, [[...id, 3]]);
    const wrap = 'function wrap(f) { return f; }\n';
    const own = 'exports.main_handler = async (event) => event.websocket.connectionId;\n';
    for (const wrapped of [
      'exports.main_handler = wrap(async (event) => event.websocket.connectionId);\n',
      `${own}wrap(exports, 'main_handler');\n`,
      `${own}const inner = exports.main_handler;\nmodule.exports['main_handler'] = wrap(inner);\n`,
      `${own}module.exports = wrap(module.exports);\n`,
    ]) {
      const source = wrapped + wrap;
      assert.deepEqual(
        await toldOf('node', 'index.js', source, process.execPath, process.versions.node),
        [],
      );
    }
    const compiled = `Object.defineProperty(exports, '__esModule', { value: true });\n${own}`;
    assert.deepEqual(
      await toldOf('node', 'index.js', compiled, process.execPath, process.versions.node),
      [[...id, 2]],
    );
  });

  const versions = [...pythons()].filter(([version]) => /^(2\.7|3\.6|3\.12)$/.test(version));
  for (const [version, program] of versions) {
    for (const [body, ...told] of python) {
      it(`Python ${version}: ${body.join(' ')}`, async () => {
        const lines = body.map((line) => `    ${line}`).join('\n');
        const source = `def main_handler(event, context):\n${lines}\n`;
        assert.deepEqual(await toldOf('python', 'index.py', source, program, `${version}.0`), told);
      });
    }
  }

  it('Python: but not where a decorator may hand the handler another event', async () => {
    const [[version, program] = ['', '']] = versions;
    const source =
      'def own(f):\n    return f\n@own\ndef main_handler(event, context):\n    return event["websocket"]["connectionId"]\n';
    const plain = source.replace('@own\n', '');
    const found = await toldOf('python', 'index.py', plain, program, `${version}.0`);
    assert.equal(found.length, 1);
    assert.deepEqual(await toldOf('python', 'index.py', source, program, `${version}.0`), []);
  });

  it('that makes a push without its id or data is told where the push is made', async () => {
    const spec = { family: 'node', runtime: 'Nodejs', interpreter: process.execPath } as const;
    const source = `const bodyOf = (secConnectionID, data, action = 'data send') =>
  JSON.stringify({ websocket: { action, dataType: 'text', secConnectionID, data } });
exports.main_handler = async ({ kind, id, text, isKept }) => {
  const body = bodyOf(id, text, kind);
  if (!isKept) await fetch(process.env.SCFWS_PUSH_URL, { method: 'POST', body }).catch(() => null);
};
`;
    const bench = startBench({ files: { 'index.js': source }, spec });
    const told = () =>
      bench.of('diagnostic').map(({ rule, message, place }) => [rule, message, place?.line]);
    await bench.invoke({ kind: 'connecting', text: '1' }); // An answer of Register, and no push.
    await bench.invoke({ id: 'a', text: '1' });
    await bench.invoke({ kind: 'closing', id: 'a' });
    await bench.invoke({ isKept: true }); // A text that is no push in the end.
    assert.deepEqual(told(), []);
    const missing = (name: string) => [
      'push.9004',
      `Function pushes without ${name}: its value is undefined, which JSON leaves out.`,
      2,
    ];
    await bench.invoke({ kind: 'closing' });
    assert.deepEqual(told(), [missing('secConnectionID')]);
    await bench.invoke({ id: 'a' });
    assert.deepEqual(told(), [missing('secConnectionID'), missing('data')]);
  });

  it('is told before the first client, and no more once it is mended', async () => {
    const spec = { family: 'node', runtime: 'Nodejs', interpreter: process.execPath } as const;
    const source = 'exports.main_handler = async (event) =>\n  event.websocket.connectionId;\n';
    const bench = startBench({ files: { 'index.js': source }, spec });
    const { rule, severity, message, advice, place } = await bench.until('diagnostic');
    assert.deepEqual(
      [rule, severity, message, advice, place?.line],
      [
        'transfer.event',
        'warning',
        'Function reads event.websocket.connectionId, which is not there.',
        'Here it is called event.websocket.secConnectionID.',
        2,
      ],
    );
    await bench.invoke({ websocket: {} });
    bench.write('index.js', source.replace('connectionId', 'secConnectionID'));
    await bench.until('diagnosticsCleared');
  });
});
