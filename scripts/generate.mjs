// Writes what is generated and kept in the repository, from the tables that it is made of (npm run generate):
//   src/protocol/emulatorOptions.ts → the `emulator` part of schemas/scfws.schema.json, the settings of the emulator
//   in package.json, and their texts in package.nls.json and package.nls.zh-cn.json.
//   src/extension/agents/toolTable.ts → the language-model tools of package.json.
//   src/protocol/contractTypes.ts → schemas/event.schema.json.
//   src/core/scenario/flowSchema.ts → schemas/wsflow.schema.json.
// What only the build needs (schemas and snippets in Chinese) is written by scripts/build.mjs and not kept.
// A unit test says when a kept file is stale.
import esbuild from 'esbuild';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { readJson, root } from './toolchain.mjs';

/** Some packages are modules of CommonJS. */
const requireBanner = `import { createRequire } from 'node:module';
const require = createRequire(${JSON.stringify(pathToFileURL(root).href)});`;

/** Loads one TypeScript module of the sources without writing anything. */
export async function importSource(file) {
  const { outputFiles } = await esbuild.build({
    entryPoints: [path.join(root, file)],
    bundle: true,
    format: 'esm',
    platform: 'node',
    banner: { js: requireBanner },
    write: false,
  });
  const text = Buffer.from(outputFiles[0].contents).toString('base64');
  return import(`data:text/javascript;base64,${text}`);
}

/** Texts that the editor reads from files of ours, in Chinese, by their English. */
export function contributedTexts() {
  return readJson(path.join(root, 'l10n', 'contributed.zh-cn.json'));
}

const note =
  'Settings of this group count for all projects of the window; an option in `scfws.json` comes before them.';
const prefix = 'scfWebSocket.emulator.';

/** The part of a JSON schema that both scfws.json and the editor's settings share. */
function schemaOf({ values, several, minimum, maximum, initial }) {
  const type = Array.isArray(initial)
    ? 'array'
    : typeof initial === 'number'
      ? 'integer'
      : typeof initial;
  if (several) {
    return {
      type,
      uniqueItems: true,
      items: { type: typeof values[0], enum: values },
      default: initial,
    };
  }
  const limits = values === undefined ? { minimum, maximum } : { enum: values };
  return JSON.parse(JSON.stringify({ type, ...limits, default: initial }));
}

/** The generated files by their names, relative to the root, with the whole text that each must have. */
export async function generated() {
  const { emulatorOptions } = await importSource('src/protocol/emulatorOptions.ts');
  const { renderEventSchema } = await importSource('src/protocol/renderTypes.ts');
  const options = Object.entries(emulatorOptions);
  const chinese = contributedTexts();
  const translated = (text) => {
    if (chinese[text] === undefined) {
      throw new Error(`l10n/contributed.zh-cn.json lacks: ${text}`);
    }
    return chinese[text];
  };

  const schema = readJson(path.join(root, 'schemas/scfws.schema.json'));
  schema.properties.emulator.$comment =
    'Generated from src/protocol/emulatorOptions.ts: npm run generate';
  schema.properties.emulator.properties = Object.fromEntries(
    options.map(([name, option]) => [name, { ...schemaOf(option), description: option.text }]),
  );

  const manifest = readJson(path.join(root, 'package.json'));
  const group = manifest.contributes.configuration.find(
    ({ title }) => title === '%settings.emulator%',
  );
  group.properties = {};
  const texts = {};
  for (const [order, [name, option]] of options.entries()) {
    const key = `setting.emulator.${name}`;
    const { meanings } = option;
    group.properties[prefix + name] = {
      order,
      ...schemaOf(option),
      scope: 'window',
      ...(meanings && {
        markdownEnumDescriptions: option.values.map((value) => `%${key}.${value}%`),
      }),
      markdownDescription: `%${key}%`,
    };
    for (const [value, meaning] of Object.entries(meanings ?? {}))
      texts[`${key}.${value}`] = [meaning];
    texts[key] = order === 0 ? [option.text, note] : [option.text];
  }
  manifest.contributes.languageModelTools = await languageModelTools();
  const nls = (file, say, glue) => {
    const kept = Object.entries(readJson(path.join(root, file)));
    const own = (key) => key.startsWith('setting.emulator.');
    const at = kept.findIndex(([key]) => key === 'settings.emulator') + 1;
    const fresh = Object.entries(texts).map(([key, parts]) => [key, parts.map(say).join(glue)]);
    return Object.fromEntries([
      ...kept.slice(0, at).filter(([key]) => !own(key)),
      ...fresh,
      ...kept.slice(at).filter(([key]) => !own(key)),
    ]);
  };
  const prettier = await import('prettier');
  const written = async ([file, value]) => [
    file,
    await prettier.format(JSON.stringify(value, null, 2), {
      ...readJson(path.join(root, '.prettierrc.json')),
      parser: file === 'package.json' ? 'json-stringify' : 'json',
    }),
  ];
  return Object.fromEntries(
    await Promise.all(
      Object.entries({
        'schemas/scfws.schema.json': withMarkdown(schema),
        'schemas/event.schema.json': withMarkdown(JSON.parse(renderEventSchema())),
        'schemas/gateway.schema.json': withMarkdown(
          readJson(path.join(root, 'schemas/gateway.schema.json')),
        ),
        'schemas/wsflow.schema.json': await flowSchema(),
        'package.json': manifest,
        'package.nls.json': nls('package.nls.json', (text) => text, ' '),
        'package.nls.zh-cn.json': nls('package.nls.zh-cn.json', translated, ''),
      }).map(written),
    ),
  );
}

/** The editor shows a description as it is written, with its backticks; what has some is given as Markdown, too. */
function withMarkdown(value) {
  if (Array.isArray(value)) return value.map(withMarkdown);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => {
      if (name === 'markdownDescription') return []; // Of the text before.
      return name === 'description' && typeof member === 'string' && member.includes('`')
        ? [
            [name, member],
            ['markdownDescription', member],
          ]
        : [[name, withMarkdown(member)]];
    }),
  );
}

/** What an agent is told is English; what a person reads of it has a key in package.nls.json. */
async function languageModelTools() {
  const { editorTools, toolPrefix } = await importSource('src/extension/agents/toolTable.ts');
  const { inputSchema } = await importSource('src/core/agent/tools.ts');
  return editorTools().map((tool) => ({
    name: toolPrefix + tool.name,
    displayName: `%tool.${tool.name}%`,
    userDescription: `%tool.${tool.name}.text%`,
    modelDescription: tool.description,
    inputSchema: inputSchema(tool),
    canBeReferencedInPrompt: true,
    toolReferenceName: toolPrefix + tool.name,
    tags: ['scf', 'websocket'],
    icon: '$(radio-tower)',
  }));
}

/** The schema of flows, in English, or in the language of these texts. */
export async function flowSchema(contents) {
  const { outputFiles } = await esbuild.build({
    stdin: {
      contents: `export { config } from '@vscode/l10n';
        export { flowSchema } from './src/core/scenario/flowSchema';`,
      resolveDir: root,
      loader: 'ts',
    },
    banner: { js: requireBanner },
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
  });
  const text = Buffer.from(outputFiles[0].contents).toString('base64');
  // Each language has a module of its own: the texts stay in it.
  const module = await import(`data:text/javascript;base64,${text}#${contents ? 'zh' : 'en'}`);
  if (contents !== undefined) module.config({ contents });
  return withMarkdown(module.flowSchema());
}

/** The schema of event files, whose hovers are made of texts of the ledger, in Chinese. */
export async function eventSchemaInChinese() {
  const { renderEventSchema, markTitles } = await importSource('src/protocol/renderTypes.ts');
  const ledger = readJson(path.join(root, 'l10n/parts/ledger.zh-cn.json'));
  const chinese = { ...ledger, ...contributedTexts() };
  const text = (english) => {
    if (chinese[english] === undefined) {
      throw new Error(`l10n/contributed.zh-cn.json lacks: ${english}`);
    }
    return chinese[english];
  };
  const schema = renderEventSchema({
    text,
    known: ({ id, mark, source, when, then }) =>
      `${text(markTitles[mark])}（${text(source)}）：${text(when)}时，${text(then)}。[${id}]`,
  });
  return JSON.stringify(withMarkdown(JSON.parse(schema)), null, 2) + '\n';
}

/** A schema or a file of snippets in Chinese: the same but for the texts that people read. */
export function inChinese(value, chinese) {
  const readable = new Set(['title', 'description', 'markdownDescription', 'errorMessage']);
  const walk = (each, key) => {
    if (typeof each === 'string') return readable.has(key) ? said(each) : each;
    if (Array.isArray(each)) return each.map((item) => walk(item, readable.has(key) ? key : ''));
    if (each === null || typeof each !== 'object') return each;
    return Object.fromEntries(
      // A snippet's name is its key.
      Object.entries(each).map(([name, member]) => [
        typeof member === 'object' && Object.hasOwn(chinese, name) ? chinese[name] : name,
        walk(member, name),
      ]),
    );
  };
  const said = (text) => {
    if (chinese[text] === undefined) {
      throw new Error(`l10n/contributed.zh-cn.json lacks: ${text}`);
    }
    return chinese[text];
  };
  return walk(value, '');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const [file, text] of Object.entries(await generated())) {
    const where = path.join(root, file);
    const changed = !fs.existsSync(where) || fs.readFileSync(where, 'utf8') !== text;
    if (changed) fs.writeFileSync(where, text);
    console.log(`${changed ? 'written ' : 'the same'} ${file}`);
  }
}
