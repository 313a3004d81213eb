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
