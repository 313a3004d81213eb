/** The scenario file that pins an order: the flow as it is written, that scenario alone, with `order:`. */
import path from 'node:path';
import { isMap, isScalar, isSeq, parseDocument, type YAMLMap } from 'yaml';
import type { Deviation } from '../scenario/order/eventName';
import type { Plan } from '../scenario/loadFlows';

/** `text`: of the flow's file; `target`: where the new one is to stand, paths in it lead from there. */
export function pinned(
  text: string,
  { flow, scenario, info, project }: Plan,
  deviations: readonly Deviation[],
  story: readonly string[],
  target: string,
): string {
  const document = parseDocument(text.replace(/^\uFEFF/, ''));
  const from = path.dirname(path.resolve(target));
  const relative = (to: string): string => path.relative(from, to).split(path.sep).join('/') || '.';
  if (flow.project !== undefined || path.dirname(flow.file) !== from) {
    document.set('project', relative(project));
  }
  const order = document.createNode(deviations.map((each) => ({ ...each })));
  const scenarios = document.get('scenarios');
  if (isSeq(scenarios)) {
    scenarios.items = scenarios.items.filter(
      (item) => isMap(item) && item.get('name') === scenario.name,
    );
    const [only] = scenarios.items;
    if (isMap(only)) {
      only.set('order', order);
      pinParameters(only, info.parameters);
    }
  } else {
    document.set('order', order);
  }
  if (info.parameters !== undefined && isMap(document.contents)) {
    document.delete('matrix');
    if (!isSeq(scenarios)) {
      pinParameters(document.contents, info.parameters);
    }
  }
  moveIncludes(document.contents, (value) => {
    const [file = '', name] = value.split('#', 2);
    const whole = file === '' ? flow.file : path.resolve(path.dirname(flow.file), file);
    return name === undefined ? relative(whole) : `${relative(whole)}#${name}`;
  });
  document.commentBefore = story.map((line) => ` ${line}`).join('\n');
  return document.toString({ lineWidth: 100 });
}

function pinParameters(map: YAMLMap, parameters: Record<string, unknown> | undefined): void {
  if (parameters === undefined) {
    return;
  }
  map.delete('matrix');
  const vars = map.get('vars');
  for (const [name, value] of Object.entries(parameters)) {
    if (isMap(vars)) {
      vars.set(name, value);
    }
  }
  if (!isMap(vars)) {
    map.set('vars', parameters);
  }
}

function moveIncludes(node: unknown, moved: (value: string) => string): void {
  if (isSeq(node)) {
    node.items.forEach((item) => moveIncludes(item, moved));
  } else if (isMap(node)) {
    for (const pair of node.items) {
      if (isScalar(pair.key) && pair.key.value === 'include' && isScalar(pair.value)) {
        pair.value.value = moved(String(pair.value.value));
      } else {
        moveIncludes(pair.value, moved);
      }
    }
  }
}
