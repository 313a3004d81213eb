/** Imports of the project's own files that cannot work as they are written, and libraries built for elsewhere. */
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { escapePattern } from '../../../protocol/escapePattern';
import type { FunctionSpec } from '../../../protocol/project';
import { sentences } from '../../errors';
import { pasteable } from '../../pasteable';
import { handlerFile } from '../../project/handlerFile';
import type { CodeFailure } from '../channel/channel';
import type { About } from './about';
import { lineAt, sourceOf } from './source';

/** undefined: the failure has another cause. */
export function ofImport(
  failure: CodeFailure,
  spec: FunctionSpec,
  about: About,
): string | undefined {
  return (
    ofBinary(failure, spec, about) ??
    (spec.family === 'python' ? ofPythonImport(failure) : ofNodeImport(failure, spec))
  );
}

/** A compiled part of a package that this machine, or this version of the interpreter, cannot load. */
function ofBinary(
  { message, module = '' }: CodeFailure,
  spec: FunctionSpec,
  { interpreter }: About,
): string | undefined {
  const isBinary =
    /\.(so|pyd|dylib|dll|node)\b.*(invalid ELF|wrong ELF|file too short|cannot open shared|undefined symbol|not found|incompatible architecture|mach-o|Win32)|invalid ELF header|NODE_MODULE_VERSION|compiled against a different|GLIBC\w*_[\d.]+' not found|DLL load failed|dynamic module does not define|Could not find module root given/s.test(
      message,
    ) ||
    /(^|\.)_(multiarray_umath|imaging|cffi_backend|brotli|rust|psycopg|mysql|bcrypt)$/.test(module);
  if (!isBinary) {
    return undefined;
  }
  const command =
    spec.family === 'python'
      ? pasteable(
          interpreter?.program ?? 'python',
          '-m',
          'pip',
          'install',
          '--force-reinstall',
          '…',
        )
      : pasteable('npm', 'rebuild', '--prefix', spec.folder);
  return l10n.t(
    'It was built for another system or another version: install the package that it is of anew with what runs the function: {0}',
    command,
  );
}

function ofPythonImport(failure: CodeFailure): string | undefined {
  const { message, place } = failure;
  const line = place === undefined ? '' : lineAt(place);
  if (/relative import/i.test(message)) {
    const [, dots = '', from = '', names = '…'] =
      /\bfrom\s+(\.+)([\w.]*)\s+import\s+(.+?)\s*(#.*)?$/.exec(line) ?? [];
    if (dots === '.' || (dots !== '' && /beyond top-level/.test(message))) {
      const instead = from === '' ? `import ${names}` : `from ${from} import ${names}`;
      return l10n.t(
        'The folder of the function is where imports begin, not a package: write "{0}".',
        instead,
      );
    }
    return l10n.t(
      'Nothing above the folder of the function can be imported: the cloud gets that folder alone. Move the module into it.',
    );
  }
  if (/partially initialized module|most likely due to a circular import/.test(message)) {
    return importedInCircles(/module '([\w.]+)'/.exec(message)?.[1] ?? '');
  }
  return undefined;
}

function ofNodeImport(failure: CodeFailure, spec: FunctionSpec): string | undefined {
  const { message, place } = failure;
  const entry = spec.handler.slice(spec.handler.lastIndexOf('.') + 1);
  const missing =
    /^(\w+) is not defined in ES module scope|^(require|exports|module|__dirname|__filename) is not defined$/.exec(
      message,
    );
  const name = missing?.[1] ?? missing?.[2];
  if (name !== undefined) {
    const text = sourceOf(place?.file ?? handlerFile(spec));
    const why =
      !/^\s*(import\b[^(]*['"]|export\b)/m.test(text) && /^(?:[^\n]*=\s*)?await\b/m.test(text)
        ? l10n.t(
            'It is one because of an await around no function: move that into the handler, and it is CommonJS.',
          )
        : message.includes('"type": "module"')
          ? l10n.t(
              'Or make it CommonJS: take "type": "module" out of package.json, or name the file .cjs.',
            )
          : l10n.t('Or make it CommonJS: use require and exports throughout.');
    return sentences(insteadOf(name, entry), why);
  }
  if (
    /Cannot use import statement outside a module|Unexpected token '?export|import\.meta.*outside a module/.test(
      message,
    )
  ) {
    return l10n.t(
      'This file is read as CommonJS: put "type": "module" into a package.json beside it, name it .mjs, or use require and exports.',
    );
  }
  if (/^await is only valid/.test(message)) {
    return l10n.t(
      'The function around an await is async: write async before it. Around no function, the file has to be an ES module: name it .mjs.',
    );
  }
  const attribute = /Module "([^"]+)" needs an import (?:attribute|assertion) of type.*json/.exec(
    message,
  )?.[1];
  if (attribute !== undefined) {
    return l10n.t(
      'Write {0}, or read the file with fs.readFileSync.',
      `import … from "./${path.basename(attribute)}" with { type: "json" }`,
    );
  }
  const named =
    /requested module '([^']+)' (?:does not provide an export named|is a CommonJS module)/.exec(
      message,
    )?.[1];
  if (named !== undefined) {
    return /^[./]/.test(named)
      ? l10n.t('{0} exports no such name: correct it here or there.', named)
      : l10n.t(
          'If {0} is a CommonJS package: import it whole, and take the name from that: {1}',
          named,
          `import whole from "${named}"; const { … } = whole;`,
        );
  }
  if (/Directory import/.test(message)) {
    return l10n.t('An import names a file, not a folder: write {0}.', '"…/index.js"');
  }
  const [, subpath, packageFile] =
    /Package subpath '([^']+)' is not defined by "exports" in (.+?package\.json)/.exec(message) ??
    [];
  if (subpath !== undefined) {
    return l10n.t(
      'The package does not give {0} to others; "exports" in {1} lists what it gives.',
      subpath,
      packageFile ?? 'package.json',
    );
  }
  if (/No "exports" main defined/.test(message)) {
    return l10n.t(
      'The package can only be imported: load it with await import(…) inside the handler, or install an older version.',
    );
  }
  if (/Error parsing .*package\.json|Invalid package config/.test(message)) {
    return l10n.t('That file is no JSON: correct it (no comments, no comma at the end).');
  }
  const unknown = /^(\w+) is not defined$/.exec(message)?.[1];
  if (unknown !== undefined && failure.type === 'ReferenceError') {
    return ofGlobal(unknown);
  }
  const circular =
    /^(\w+)\.\w+ is not a function$|Cannot access '(\w+)' before initialization/.exec(message);
  const other = circular?.[1] ?? circular?.[2];
  return other !== undefined && place !== undefined && importsEachOther(place.file, other)
    ? importedInCircles(other)
    : undefined;
}

function importedInCircles(other: string): string {
  return l10n.t(
    '{0} imports this file, and is still being imported itself: import it inside the function that needs it, or move what both need into a third file.',
    other,
  );
}

function insteadOf(name: string, entry: string): string {
  switch (name) {
    case 'require':
      return l10n.t('This file is an ES module: write "{0}" instead.', 'import … from "…"');
    case '__dirname':
    case '__filename':
      return l10n.t(
        'This file is an ES module: write "{0}" instead.',
        name === '__dirname'
          ? 'path.dirname(fileURLToPath(import.meta.url))'
          : 'fileURLToPath(import.meta.url)',
      );
    default:
      return l10n.t('This file is an ES module: write "{0}" instead.', `export const ${entry} = …`);
  }
}

/** Globals of newer versions, of browsers and of others. */
const globalsSince: Readonly<Record<string, string>> = {
  CustomEvent: '19',
  Blob: '18',
  BroadcastChannel: '18',
  File: '20',
  FormData: '18',
  Headers: '18',
  Request: '18',
  Response: '18',
  WebSocket: '22',
  crypto: '19',
  fetch: '18',
  navigator: '21',
  structuredClone: '17',
  AbortController: '15',
  AggregateError: '15',
  WeakRef: '14.6',
};
const ofBrowsers = new Set(
  'window document localStorage sessionStorage XMLHttpRequest alert location wx'.split(' '),
);

function ofGlobal(name: string): string | undefined {
  if (Object.hasOwn(globalsSince, name)) {
    return l10n.t(
      '{0} is there from Node.js {1} on: use a package for it, or a newer runtime that the cloud has, too.',
      name,
      globalsSince[name] ?? '',
    );
  }
  if (ofBrowsers.has(name)) {
    return l10n.t('{0} is of browsers; a function runs in Node.js, which has none.', name);
  }
  return name === 'Deno' || name === 'Bun'
    ? l10n.t('{0} is another runtime; functions run in Node.js.', name)
    : undefined;
}

/** Whether the file that is known here by a name requires this one, too. */
function importsEachOther(file: string, name: string): boolean {
  const target = new RegExp(`\\b${name}\\b.*(?:require\\(|from\\s*)['"](\\.{1,2}/[^'"]+)['"]`).exec(
    sourceOf(file),
  )?.[1];
  if (target === undefined) {
    return false;
  }
  const stem = escapePattern(path.basename(file).replace(/\.[cm]?[jt]s$/, ''));
  const base = path.resolve(path.dirname(file), target);
  const other = ['', '.js', '.cjs', '.mjs', '.ts'].map((end) => sourceOf(base + end)).join('\n');
  return new RegExp(`['"]\\.{1,2}/(?:[^'"]*/)?${stem}(\\.[cm]?[jt]s)?['"]`).test(other);
}

/** The file of the handler exports the function itself, or as its default. */
export function ofBareExport(failure: CodeFailure, spec: FunctionSpec): string | undefined {
  if (spec.family !== 'node' || failure.kind !== 'missingEntry') {
    return undefined;
  }
  const entry = spec.handler.slice(spec.handler.lastIndexOf('.') + 1);
  const text = sourceOf(handlerFile(spec));
  const whole = /\bmodule\.exports\s*=\s*(?:async\b|function\b|\(|[\w$]+\s*=>)/.test(text);
  const [, name = ''] = /\bmodule\.exports\s*=\s*([\w$]+)\s*(?:;|$)/m.exec(text) ?? [];
  if (whole || isFunctionIn(text, name)) {
    return l10n.t(
      'It exports the function itself: write "{0}".',
      `exports.${entry} = ${whole ? '…' : name}`,
    );
  }
  // Compilers write the same for CommonJS.
  return /^(?:export\s+default\b|(?:module\.)?exports\.default\s*=)/m.test(text)
    ? l10n.t('Its default export is not looked at: write "{0}".', `export const ${entry} = …`)
    : undefined;
}

function isFunctionIn(text: string, name: string): boolean {
  const id = escapePattern(name);
  const value = `(?:async\\b|function\\b|\\(|[\\w$]+\\s*=>)`;
  const made = `\\bfunction\\s*${id}\\s*\\(|\\b(?:const|let|var)\\s+${id}\\s*=\\s*${value}`;
  return name !== '' && new RegExp(made).test(text);
}
