/** The files of src/core/scaffold/templates, which stand in dist/templates at run time, and their small language. */
import fs from 'node:fs/promises';
import path from 'node:path';

/** Relative path with slashes → text. */
export type Templates = ReadonlyMap<string, string>;

/** `folder`: dist/templates beside the running bundle, or the sources in tests. */
export async function readTemplates(folder: string): Promise<Templates> {
  const templates = new Map<string, string>();
  const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (entry.isFile() && !entry.name.endsWith('.pyc')) {
      const file = path.join(entry.parentPath, entry.name);
      const name = path.relative(folder, file).split(path.sep).join('/');
      templates.set(name, await fs.readFile(file, 'utf8'));
    }
  }
  return templates;
}

/** English comment → Chinese, a line each. */
const commentTable = 'comments.zh-cn.json';

/** The templates with comments in the language of a locale: `zh-cn` and its like; anything else is English. */
export function spokenTemplates(templates: Templates, locale: string | undefined): Templates {
  const table = templates.get(commentTable);
  if (table === undefined || !isChinese(locale)) {
    return templates;
  }
  const comments = new Map(Object.entries(JSON.parse(table) as Record<string, string>));
  return new Map(
    [...templates].map(([name, text]) => [
      name,
      /\.(md|json)$/.test(name) && !name.endsWith('tsconfig.json')
        ? text
        : withCoding(
            name,
            text
              .split('\n')
              .map((line) => spoken(line, comments))
              .join('\n'),
          ),
    ]),
  );
}

export function isChinese(locale: string | undefined): boolean {
  return locale?.toLowerCase().startsWith('zh') ?? false;
}

/** A comment from its sign to the end of the line or of the comment, or a whole line within a longer one. */
function spoken(line: string, comments: ReadonlyMap<string, string>): string {
  const [, before = '', text = '', after = ''] =
    /^(.*?(?:^|\s)(?:#|\/\/|\/\*\*) |\s*"""|)(.*?)(\s\*\/|"""|)$/.exec(line) ?? [];
  const translated = comments.get(text);
  return translated === undefined ? line : before + translated + after;
}

/** Python 2 reads nothing but ASCII where a file does not say what it is written in (PEP 263). */
function withCoding(name: string, text: string): string {
  const needs = name.startsWith('python2/') && /[^\0-\x7f]/.test(text);
  return needs ? `# -*- coding: utf-8 -*-\n${text}` : text;
}

/**
 * Lines between `{{#flag}}` and `{{/flag}}` stay when the flag is set, those between `{{^flag}}` and `{{/flag}}` when
 * it is not; `{{word}}` becomes its value.
 */
export function fillTemplate(
  text: string,
  values: Readonly<Record<string, string>>,
  flags: ReadonlySet<string>,
): string {
  return text
    .replace(
      /^\{\{([#^])(\w+)\}\}\n([^]*?)^\{\{\/\2\}\}\n/gm,
      (_, kind: string, flag: string, lines: string) =>
        flags.has(flag) === (kind === '#') ? lines : '',
    )
    .replace(/\{\{([^{}]+)\}\}/g, (_, word: string) => {
      const value = values[word];
      if (value === undefined) {
        throw new Error(`A template asks for "${word}", which the plan does not know`);
      }
      return value;
    });
}
