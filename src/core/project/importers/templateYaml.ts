/** `template.yaml` of the vendor's first command line: a list of functions that says nothing of roles. */
import path from 'node:path';
import type { DetectedFunction, Finding } from './detected';
import {
  folderFrom,
  isRecord,
  numberOf,
  parseYamlText,
  recordOf,
  textOf,
  variablesOf,
} from './yamlText';

/** Undefined when the file is no such template. `file` is relative to the project folder. */
export function parseTemplateYaml(text: string, file: string): Finding | undefined {
  const { value, problems } = parseYamlText(text, file);
  const resources = recordOf(value?.['Resources']);
  const globals = recordOf(recordOf(value?.['Globals'])['Function']);
  const functions: DetectedFunction[] = [];
  for (const [name, resource] of Object.entries(resources)) {
    collect(name, resource, globals, path.posix.dirname(file), functions);
  }
  if (functions.length === 0 && (problems.length === 0 || !/TencentCloud::/.test(text))) {
    return undefined;
  }
  return { kind: 'templateYaml', sources: [file], functions, roles: {}, problems };
}

/** Functions stand in a namespace, or directly among the resources. */
function collect(
  name: string,
  resource: unknown,
  globals: Record<string, unknown>,
  base: string,
  functions: DetectedFunction[],
): void {
  if (!isRecord(resource)) {
    return;
  }
  switch (resource['Type']) {
    case 'TencentCloud::Serverless::Namespace':
      for (const [key, nested] of Object.entries(resource)) {
        if (isRecord(nested)) {
          collect(key, nested, globals, base, functions);
        }
      }
      return;
    case 'TencentCloud::Serverless::Function': {
      const properties = { ...globals, ...recordOf(resource['Properties']) };
      functions.push({
        name,
        folder: folderFrom(base, textOf(properties['CodeUri']) ?? '.'),
        handler: textOf(properties['Handler']),
        runtime: textOf(properties['Runtime']),
        timeout: numberOf(properties['Timeout']),
        memory: numberOf(properties['MemorySize']),
        environment: variablesOf({
          ...recordOf(recordOf(globals['Environment'])['Variables']),
          ...recordOf(recordOf(properties['Environment'])['Variables']),
        }),
      });
    }
  }
}
