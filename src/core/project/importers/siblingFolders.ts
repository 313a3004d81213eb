/** Folders of the vendor's sample layout: side by side, each with `index.py` or `index.js` and maybe a `config.json`. */
import { parseJsonText } from '../jsonText';
import { getNodeValue } from 'jsonc-parser';
import { guessRole } from './detected';
import type { DetectedFunction, Finding } from './detected';
import { numberOf, recordOf, textOf, variablesOf } from './yamlText';

export interface SiblingFolder {
  name: string;
  /** File names in it. */
  files: readonly string[];
  /** Text of its `config.json`, which may hold comments. */
  config?: string;
}

const handlerFiles: readonly [string, string][] = [
  ['index.py', 'Python3'],
  ['index.js', 'Nodejs'],
];

/** Undefined unless the folders look like functions of a WebSocket API: two or more, at least one named by its role. */
export function parseSiblingFolders(folders: readonly SiblingFolder[]): Finding | undefined {
  const finding: Finding = {
    kind: 'siblingFolders',
    sources: [],
    functions: [],
    roles: {},
    problems: [],
  };
  for (const folder of folders) {
    const found = handlerFiles.find(([file]) => folder.files.includes(file));
    if (found === undefined) {
      continue;
    }
    const [file, runtime] = found;
    finding.sources.push(`${folder.name}/${file}`);
    finding.functions.push({ ...configOf(folder, runtime, finding), folder: folder.name });
  }
  const playing = new Set(finding.functions.map(guessRole).filter((role) => role !== undefined));
  return finding.functions.length >= 2 && playing.size >= 2 ? finding : undefined;
}

function configOf(
  folder: SiblingFolder,
  runtime: string,
  finding: Finding,
): Omit<DetectedFunction, 'folder'> {
  const file = `${folder.name}/config.json`;
  const { json, problems } = parseJsonText(folder.config ?? '{}', file);
  finding.problems.push(...problems.map((each) => ({ ...each, severity: 'warning' as const })));
  const config = Object.fromEntries(
    Object.entries(recordOf(json.root === undefined ? undefined : getNodeValue(json.root))).map(
      ([key, value]) => [key.toLowerCase(), value],
    ),
  );
  const environment = recordOf(config['environment']);
  return {
    name: textOf(config['functionname']) ?? folder.name,
    handler: textOf(config['handler']) ?? 'index.main_handler',
    runtime: textOf(config['runtime']) ?? runtime,
    timeout: numberOf(config['timeout']),
    memory: numberOf(config['memorysize'] ?? config['memory']),
    environment: variablesOf(
      environment['Variables'] ?? environment['variables'] ?? config['environment'],
    ),
  };
}
