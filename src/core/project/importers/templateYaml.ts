/** `template.yaml` of the vendor's first command line: a list of functions that says nothing of roles. */
import path from 'node:path';
import { newFinding } from './detected';
import type { Finding } from './detected';
import { functionEntry } from './functionEntry';
import type { Layers } from './functionEntry';
import { noteAt } from './notes';
import { otherTemplate } from './otherFiles';
import { valueAt } from './written';
import type { Reading } from './written';
import { isRecord, listOf, parseYamlText, recordOf, textOf } from './yamlText';
import type { Path, TextFile } from './yamlText';

/** Undefined when the file is no such template and nothing like one. */
export function parseTemplateYaml(file: TextFile, env: Reading['env'] = {}): Finding | undefined {
  const { source, notes } = parseYamlText(file);
  const finding = { ...newFinding('templateYaml'), sources: [file.file], notes };
  if (source === undefined) {
    return notes.length > 0 ? finding : undefined;
  }
  const reading: Reading = { source, env, notes };
  for (const name of Object.keys(recordOf(source.value['Resources']))) {
    collect(reading, ['Resources', name], finding);
  }
  if (finding.functions.length === 0 && notes.length === 0) {
    const seen = otherTemplate(source.value);
    if (seen === undefined) {
      return undefined;
    }
    notes.push(noteAt({ file: file.file }, 'unknown', seen));
    return { ...finding, kind: 'unreadable' };
  }
  return finding;
}

/** Functions stand in a namespace, or directly among the resources. */
function collect(reading: Reading, at: Path, finding: Finding): void {
  const resource = valueAt(reading, at);
  if (!isRecord(resource)) {
    return;
  }
  switch (resource['Type']) {
    case 'TencentCloud::Serverless::Namespace':
      for (const key of Object.keys(resource)) {
        collect(reading, [...at, key], finding);
      }
      return;
    case 'TencentCloud::Serverless::Function': {
      const layers: Layers = [
        [...at, 'Properties'],
        ['Globals', 'Function'],
      ];
      const name = String(at.at(-1));
      const base = path.posix.dirname(reading.source.file);
      const entry = functionEntry(reading, name, base, layers);
      if (entry !== undefined) {
        const place = reading.source.placeOf(at);
        const http = hasHttpTrigger(recordOf(resource['Properties']));
        finding.functions.push({ ...entry, place, ...(http ? { http: true } : {}) });
      }
    }
  }
}

/** `Events: {hello: {Type: APIGW}}`: a template cannot describe a trigger for WebSocket, so this one is for HTTP. */
function hasHttpTrigger(properties: Record<string, unknown>): boolean {
  const events = properties['Events'];
  const all = isRecord(events)
    ? Object.values(events)
    : listOf(events).flatMap((each) => Object.values(recordOf(each)));
  return all.some((each) => /^apigw$/i.test(textOf(recordOf(each)['Type']) ?? ''));
}
