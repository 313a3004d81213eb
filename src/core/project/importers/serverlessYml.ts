/**
 * `serverless.yml` with the vendor's components: `scf` and `multi-scf` have the functions, `apigateway` and
 * `websocket` say which of them plays which role. Both generations: one component a file, or many by name.
 */
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { roles, stages } from '../../../protocol/project';
import type { Role, Stage } from '../../../protocol/project';
import type { DetectedFunction, Finding } from './detected';
import {
  folderFrom,
  isRecord,
  listOf,
  numberOf,
  parseYamlText,
  recordOf,
  textOf,
  variablesOf,
} from './yamlText';

export interface YamlFile {
  /** Relative to the project folder, with slashes. */
  file: string;
  text: string;
}

interface Component {
  type: string;
  /** What others call it: its key or its `name`. */
  name: string;
  inputs: Record<string, unknown>;
  /** Folder of its file. */
  base: string;
  file: string;
}

/** A function, and the names by which other components may refer to it. */
interface Named {
  detected: DetectedFunction;
  aliases: string[];
}

/** Reads the files of one project together. Undefined when there is no function of the vendor's in them. */
export function parseServerlessYml(files: readonly YamlFile[]): Finding | undefined {
  const finding: Finding = {
    kind: 'serverlessYml',
    sources: [],
    functions: [],
    roles: {},
    problems: [],
  };
  const components: Component[] = [];
  for (const { file, text } of files) {
    const { value, problems } = parseYamlText(text, file);
    finding.problems.push(...problems);
    const found = value === undefined ? [] : componentsOf(value, file);
    components.push(...found);
    if (found.length > 0 || problems.length > 0) {
      finding.sources.push(file);
    }
  }
  const functions: Named[] = [];
  for (const component of components) {
    functions.push(...functionsOf(component, finding));
  }
  for (const component of components) {
    readEndpoints(component, functions, finding);
  }
  finding.functions = functions.map(({ detected }) => detected);
  return finding.functions.length > 0 ? finding : undefined;
}

function componentsOf(document: Record<string, unknown>, file: string): Component[] {
  const base = path.posix.dirname(file);
  if (typeof document['component'] === 'string') {
    const resolved = recordOf(resolveVariables(document, document));
    return [
      {
        type: typeOf(document['component']),
        name: textOf(resolved['name']) ?? '',
        inputs: recordOf(resolved['inputs']),
        base,
        file,
      },
    ];
  }
  return Object.entries(document)
    .filter(([, part]) => isRecord(part) && typeof part['component'] === 'string')
    .map(([name, part]) => ({
      type: typeOf(String(recordOf(part)['component'])),
      name,
      inputs: recordOf(resolveVariables(recordOf(part)['inputs'], document)),
      base,
      file,
    }));
}

/** `@serverless/tencent-scf@1.2` → `scf` */
function typeOf(component: string): string {
  const name = component
    .replace(/^@[\w.-]+\//, '')
    .replace(/^tencent-/, '')
    .replace(/@.*$/, '');
  return name === 'cloudfunction' ? 'scf' : name;
}

/** `${name}`, `${app}`, `${stage}` and other values of the file; what lies elsewhere stays as it is. */
function resolveVariables(value: unknown, document: Record<string, unknown>): unknown {
  if (typeof value === 'string') {
    return value.replace(/\$\{(\w+)\}/g, (whole, name: string) => {
      const found = Object.hasOwn(document, name) ? document[name] : undefined;
      const fallback = name === 'stage' ? 'dev' : whole;
      return typeof found === 'string' && !found.includes('${') ? found : fallback;
    });
  }
  if (Array.isArray(value)) {
    return value.map((each: unknown) => resolveVariables(each, document));
  }
  return isRecord(value)
    ? Object.fromEntries(
        Object.entries(value).map(([key, each]) => [key, resolveVariables(each, document)]),
      )
    : value;
}

function functionsOf(component: Component, finding: Finding): Named[] {
  const { type, name, inputs, base } = component;
  switch (type) {
    case 'scf': {
      const detected = functionOf(textOf(inputs['name']) ?? name, inputs, base);
      return [{ detected, aliases: [detected.name, name] }];
    }
    case 'multi-scf': {
      const list = Array.isArray(inputs['functions'])
        ? listOf(inputs['functions']).map((each) => ['', each] as const)
        : Object.entries(recordOf(inputs['functions']));
      return list.map(([key, each]) => {
        const own = recordOf(each);
        const called = textOf(own['name']) ?? key;
        return {
          detected: functionOf(called, { ...inputs, ...own }, base, inputs),
          aliases: [called, key, `${name}.${key}`],
        };
      });
    }
    case 'websocket': {
      const faas = recordOf(inputs['faas'] ?? inputs['functionConf']);
      const called = textOf(faas['name']) ?? textOf(inputs['functionName']) ?? name;
      const detected = functionOf(called, { ...inputs, ...faas, name: called }, base);
      if (detected.handler === undefined) {
        finding.problems.push({
          file: component.file,
          path: 'inputs',
          severity: 'warning',
          message: l10n.t(
            'The websocket component adds its own handler when it deploys. To run here, {0} needs one in its folder: name it as "handler" in scfws.json.',
            called,
          ),
        });
      }
      for (const role of roles) {
        finding.roles[role] = detected.name; // One function plays all roles.
      }
      const gateway = recordOf(inputs['apigw'] ?? inputs['apigatewayConf']);
      finding.path ??= '/';
      finding.backendTimeout ??= numberOf(gateway['timeout'] ?? gateway['serviceTimeout']);
      finding.stage ??= stageOf(gateway['environment']);
      finding.service ??= textOf(gateway['name']) ?? textOf(inputs['serviceName']);
      return [{ detected, aliases: [called, name] }];
    }
    default:
      return [];
  }
}

function functionOf(
  name: string,
  inputs: Record<string, unknown>,
  base: string,
  outer: Record<string, unknown> = {},
): DetectedFunction {
  const source = inputs['src'] ?? inputs['codeUri'] ?? inputs['code'];
  const folder = textOf(isRecord(source) ? source['src'] : source) ?? '.';
  return {
    name,
    folder: folderFrom(base, folder),
    handler: textOf(inputs['handler']),
    runtime: textOf(inputs['runtime']),
    timeout: numberOf(inputs['timeout']),
    initTimeout: numberOf(inputs['initTimeout']),
    memory: numberOf(inputs['memorySize']),
    environment: variablesOf({ ...environmentOf(outer), ...environmentOf(inputs) }),
  };
}

function environmentOf(inputs: Record<string, unknown>): Record<string, string> {
  const environment = recordOf(inputs['environment']);
  return {
    ...variablesOf(inputs['environments']),
    ...variablesOf(environment['variables'] ?? environment['Variables']),
  };
}

/** Endpoints of an `apigateway` component, or of the gateway triggers of the functions. */
function readEndpoints(component: Component, functions: readonly Named[], finding: Finding): void {
  const { inputs } = component;
  const gateways = [
    component.type === 'apigateway' ? inputs : {},
    ...listOf(inputs['triggers']).map((trigger) => recordOf(recordOf(trigger)['parameters'])),
    ...listOf(inputs['events']).map((event) => {
      const trigger = recordOf(recordOf(event)['apigw']);
      return recordOf(trigger['parameters'] ?? trigger);
    }),
  ];
  for (const gateway of gateways) {
    for (const each of listOf(gateway['endpoints'] ?? gateway['apis'])) {
      const endpoint = recordOf(each);
      const played = recordOf(endpoint['function']);
      if (textOf(endpoint['protocol'])?.toUpperCase() !== 'WEBSOCKET') {
        continue;
      }
      finding.path ??= textOf(endpoint['path']);
      finding.backendTimeout ??= numberOf(endpoint['serviceTimeout']);
      finding.stage ??= stageOf(gateway['environment']);
      finding.service ??= textOf(gateway['serviceName']) ?? textOf(gateway['name']);
      if (typeof played['isIntegratedResponse'] === 'boolean') {
        finding.integrationResponse ??= played['isIntegratedResponse'];
      }
      assign('transfer', played['transportFunctionName'] ?? played['functionName']);
      assign('register', played['registerFunctionName']);
      assign('cleanup', played['cleanupFunctionName']);
    }
  }

  function assign(role: Role, reference: unknown): void {
    const name = textOf(reference);
    if (name === undefined || finding.roles[role] !== undefined) {
      return;
    }
    // `${output:dev:app:instance.functionName}` and `${key.Name}` refer to another component.
    const instance = /\$\{(?:output:.*:)?([\w-]+)\.\w+\}$/.exec(name)?.[1];
    const found = functions.find(
      ({ aliases }) =>
        aliases.includes(name) || (instance !== undefined && aliases.includes(instance)),
    );
    if (found === undefined) {
      finding.problems.push({
        file: component.file,
        path: 'inputs.endpoints',
        severity: 'warning',
        message: l10n.t('There is no function "{0}" in these files.', name),
      });
    } else {
      finding.roles[role] = found.detected.name;
    }
  }
}

function stageOf(value: unknown): Stage | undefined {
  return stages.find((stage) => stage === value);
}
