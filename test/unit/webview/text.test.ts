import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { copyAs, copyForms, type CopySource } from '../../../src/protocol/copyAs';
import { completeFilter } from '../../../src/protocol/filterComplete';
import { formatPath } from '../../../src/protocol/jsonPath';
import { escapeHtml, inspectorPage } from '../../../src/protocol/page';
import { fillTemplate, variablesOf } from '../../../src/protocol/template';
import { hexLines } from '../../../src/webview/detail/hex';
import { diffLines } from '../../../src/webview/detail/lineDiff';
import { findPlaces } from '../../../src/webview/detail/places';
import { layoutColumns } from '../../../src/webview/list/columns';
import { defaultUi, parseUi } from '../../../src/webview/ui';

describe('copy as', () => {
  const source: CopySource = {
    connection: 'abc=',
    direction: 'toServer',
    dataType: 'text',
    data: `it's "quoted" $HOME \`x\` \\ \u2028 é`,
    url: 'ws://127.0.0.1:1/release/chat',
    pushUrl: 'http://127.0.0.1:1/api-x',
  };

  it('gives a shell exactly the data', () => {
    const command = copyAs('wscat', source).replace(/^wscat -c '[^']*' -x/, 'printf %s');
    assert.equal(execFileSync('sh', ['-c', command], { encoding: 'utf8' }), source.data);
  });

  it('gives curl a push that the gateway reads', () => {
    const command = copyAs('curl', source).replace(/^.*--data-binary/, 'printf %s');
    const body = JSON.parse(execFileSync('sh', ['-c', command], { encoding: 'utf8' })) as object;
    assert.deepEqual(body, {
      websocket: {
        action: 'data send',
        secConnectionID: 'abc=',
        dataType: 'text',
        data: source.data,
      },
    });
  });

  it('gives Node.js code that parses, in each direction and type', async () => {
    for (const direction of ['toServer', 'toClient'] as const) {
      for (const dataType of ['text', 'binary'] as const) {
        const code = copyAs('node', { ...source, direction, dataType });
        const { transform } = await import('esbuild');
        await transform(code, { format: 'esm' });
      }
    }
  });

  it('gives the event as the handler gets it', () => {
    assert.deepEqual(JSON.parse(copyAs('event', source)), {
      websocket: {
        action: 'data send',
        secConnectionID: 'abc=',
        dataType: 'text',
        data: source.data,
      },
    });
  });

  it('never fails', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(...copyForms), (data, form) => {
        assert.equal(typeof copyAs(form, { ...source, data }), 'string');
      }),
    );
  });
});

describe('templates', () => {
  it('name their variables once, without the built-in ones', () => {
    assert.deepEqual(variablesOf('${a} ${b} ${a} ${uuid} $${c} ${not ok}'), ['a', 'b']);
  });
  it('escape inside JSON strings only', () => {
    assert.equal(
      fillTemplate('{"t":"${x}","n":${y}}', { x: 'a"b', y: '7' }),
      '{"t":"a\\"b","n":7}',
    );
    assert.equal(fillTemplate('say ${x} $${x} ${z}', { x: '"' }), 'say " ${x} ${z}');
  });
});

describe('completion', () => {
  const words = { connections: ['alice', 'big bob'], functions: ['Transmission'] };
  const complete = (source: string, caret = source.length) => {
    const { start, end, options } = completeFilter(source, caret, words);
    return [start, end, options.map((option) => option.text).slice(0, 3)];
  };
  it('offers keys, then their values', () => {
    assert.deepEqual(complete('hi co'), [3, 5, ['conn:']]);
    assert.deepEqual(complete('-di'), [1, 3, ['dir:']]);
    assert.deepEqual(complete('conn:'), [5, 5, ['alice', '"big bob"']]);
    assert.deepEqual(complete('kind:text,bi'), [10, 12, ['binary']]);
    assert.deepEqual(complete('fn:t more', 4), [3, 4, ['Transmission']]);
  });
});

describe('places in a trace', () => {
  it('are found as Python and Node.js write them', () => {
    const pieces = findPlaces(
      '  File "/a b/index.py", line 12, in f\n    at main (/x/index.js:3:7)\n    at file:///x/y.mjs:1:2\n    at node:internal/x:1:1',
    ).filter((piece) => typeof piece !== 'string');
    assert.deepEqual(
      pieces.map((piece) => piece.place),
      [
        { file: '/a b/index.py', line: 12 },
        { file: '/x/index.js', line: 3, column: 7 },
        { file: '/x/y.mjs', line: 1, column: 2 },
      ],
    );
  });
});

describe('a difference', () => {
  it('gives back both texts', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 })
      .map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(text, text, (left, right) => {
        const lines = diffLines(left, right)!;
        const side = (which: string) =>
          lines
            .filter((line) => line.in === 'both' || line.in === which)
            .map((line) => line.text)
            .join('\n');
        assert.deepEqual([side('left'), side('right')], [left, right]);
      }),
    );
  });
  it('is left to the editor when it is long', () => {
    const long = (word: string) => Array.from({ length: 3000 }, (_, n) => `${word}${n}`).join('\n');
    assert.equal(diffLines(long('a'), long('b')), null);
  });
});

describe('the page', () => {
  it('shows bytes in rows with offsets', () => {
    const bytes = Uint8Array.from({ length: 18 }, (_, n) => n + 0x40);
    assert.deepEqual(hexLines(bytes), [
      '000000  40 41 42 43 44 45 46 47  48 49 4a 4b 4c 4d 4e 4f  @ABCDEFGHIJKLMNO',
      `000010  50 51 ${' '.repeat(43)} PQ`,
    ]);
  });
  it('gives room to the preview first', () => {
    const shown = (width: number) => layoutColumns(width, defaultUi()).shown.map(({ id }) => id);
    assert.deepEqual(shown(280), ['direction', 'connection', 'preview', 'status']);
    assert.equal(shown(1400).length, 10);
  });
  it('takes no broken settings', () => {
    assert.deepEqual(parseUi(undefined), defaultUi());
    assert.deepEqual(
      parseUi({ filter: 7, split: 9, widths: { time: 'x', nope: 3 }, kinds: ['zzz'] }),
      {
        ...defaultUi(),
        split: 0.85,
        kinds: [],
      },
    );
  });
  it('has a strict policy and escapes what it is given', () => {
    const text = inspectorPage({
      nonce: 'n"',
      cspSource: 'x',
      scriptUri: '"><script>',
      styleUri: 's',
      language: 'en',
      title: '<b>',
    });
    assert.equal(text.includes('<b>'), false);
    assert.equal(text.match(/<script/g)?.length, 1);
    assert.ok(!text.includes("'unsafe-inline'"));
    assert.equal(escapeHtml(`<&>"'`), '&lt;&amp;&gt;&quot;&#39;');
  });
  it('writes paths as the filter reads them', () => {
    assert.equal(formatPath(['a', 0, 'b c', 'd-e']), '$.a[0]["b c"].d-e');
  });
});
