/** What a new project consists of: pure, so that it can be shown, compared and tested before anything is written. */
import * as l10n from '@vscode/l10n';
import { defaultPort, roles } from '../../protocol/project';
import type { Role, RuntimeFamily } from '../../protocol/project';
import { sampleEvents } from '../../protocol/samples';
import { typeFiles } from '../project/typings';
import { fillTemplate, isChinese, spokenTemplates } from './templates';
import type { Templates } from './templates';

export const languages = ['python', 'python2', 'javascript', 'typescript'] as const;
export type Language = (typeof languages)[number];

export const templateNames = ['echo', 'chat'] as const;
export type TemplateName = (typeof templateNames)[number];

export const ciNames = ['github'] as const;
export type CiName = (typeof ciNames)[number];

export const defaultFunctionNames: Readonly<Record<Role, string>> = {
  register: 'Register',
  transfer: 'Transmission',
  cleanup: 'Delete',
};

export interface ScaffoldAnswers {
  /** Name of the service, usually that of the folder. */
  service: string;
  language: Language;
  template: TemplateName;
  functionNames: Readonly<Record<Role, string>>;
  /** `zh-cn` adds a Chinese README and speaks Chinese in comments and in the web page; anything else is English. */
  locale?: string;
  /** A workflow that runs the scenarios there. */
  ci?: CiName;
}

export interface ScaffoldPlan {
  files: ScaffoldFile[];
  /** Paths of what to read first: the README in the reader's language, and the handler that answers messages. */
  readme: string;
  handler: string;
}

export interface ScaffoldFile {
  /** Relative to the new project, with slashes. */
  path: string;
  text: string;
}

interface LanguageParts {
  family: RuntimeFamily;
  runtime: string;
  extension: string;
  push: string;
  members: string;
  /** The command that installs the client of Redis that its chat uses. */
  installRedis: string;
  /** Where the functions find what they have in common; undefined: each has a copy, as it is deployed alone. */
  sharedFolder?: string;
}

const parts: Record<Language, LanguageParts> = {
  python: {
    family: 'python',
    runtime: 'Python3',
    extension: 'py',
    push: 'push.py',
    members: 'members.py',
    installRedis: 'python -m pip install redis',
  },
  python2: {
    family: 'python',
    runtime: 'Python2.7',
    extension: 'py',
    push: 'push.py',
    members: 'members.py',
    installRedis: 'python2.7 -m pip install "redis<4"',
  },
  javascript: {
    family: 'node',
    runtime: 'Nodejs',
    extension: 'js',
    push: 'push.js',
    members: 'members.js',
    installRedis: 'npm install redis',
  },
  typescript: {
    family: 'node',
    runtime: 'Nodejs',
    extension: 'ts',
    push: 'push.ts',
    members: 'members.ts',
    installRedis: 'npm install',
    sharedFolder: 'shared',
  },
};

/** Names that the project needs for itself. */
const takenNames = [
  'events',
  'shared',
  'dist',
  'node_modules',
  'scenarios',
  'index',
  'scfws',
  'scfws_types',
  '.vscode',
  '.scfws',
];

/** Why a name cannot be a function's: a sentence, or undefined when it can. `others` are the other functions' names. */
export function functionNameProblem(name: string, others: readonly string[]): string | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_-]{0,58}$/.test(name) || /[-_]$/.test(name)) {
    return l10n.t(
      'A function name starts with a letter, goes on with letters, digits, - and _, and has at most 59 characters.',
    );
  }
  // Windows and macOS take names that differ only in case for the same folder.
  const same = (other: string) => other.toLowerCase() === name.toLowerCase();
  if (others.some(same)) {
    return l10n.t('Another function is called "{0}".', name);
  }
  const reserved = /^(con|prn|aux|nul|com\d|lpt\d)$/i.test(name);
  return reserved || takenNames.some(same)
    ? l10n.t('"{0}" is needed for something else. Choose another name.', name)
    : undefined;
}

export function planScaffold(answers: ScaffoldAnswers, written: Templates): ScaffoldPlan {
  const templates = spokenTemplates(written, answers.locale);
  const { language, template, functionNames } = answers;
  const files: ScaffoldFile[] = [
    ...roles.map((role) => handlerFile(answers, role, templates)),
    ...sharedFiles(answers, templates),
    { path: 'scfws.json', text: json(projectFile(answers)) },
    ...eventFiles(answers),
    { path: '.vscode/launch.json', text: json(launchFile(answers)) },
    ...typeFiles(new Set([parts[language].family])),
  ];
  const values = wordsOf(answers);
  const flags = new Set<string>([template, language]);
  const fill = (from: string, to: string) =>
    files.push({ path: to, text: fillTemplate(read(templates, from), values, flags) });
  fill('common/gitignore', '.gitignore');
  fill(`common/scenarios/${template}.wsflow.yaml`, `scenarios/${template}.wsflow.yaml`);
  if (answers.ci === 'github') {
    fill('common/github/scenarios.yml', '.github/workflows/scenarios.yml');
  }
  fill('common/index.html', 'index.html');
  fill('common/README.md', 'README.md');
  if (isChinese(answers.locale)) {
    fill('common/README.zh-CN.md', 'README.zh-CN.md');
  }
  if (language === 'typescript') {
    fill('typescript/tsconfig.json', 'tsconfig.json');
    fill('typescript/build.mjs', 'build.mjs');
    files.push({ path: 'package.json', text: json(packageFile(answers)) });
  }
  assertDistinct(files, Object.values(functionNames));
  return {
    files,
    readme: isChinese(answers.locale) ? 'README.zh-CN.md' : 'README.md',
    handler: `${functionNames.transfer}/index.${parts[language].extension}`,
  };
}

function handlerFile(
  { language, template, functionNames }: ScaffoldAnswers,
  role: Role,
  templates: Templates,
): ScaffoldFile {
  const file = `index.${parts[language].extension}`;
  const from = `${language}/${template}/${defaultFunctionNames[role]}/${file}`;
  // Handlers call themselves by the names of the console, in their comments only.
  return { path: `${functionNames[role]}/${file}`, text: read(templates, from) };
}

function sharedFiles(answers: ScaffoldAnswers, templates: Templates): ScaffoldFile[] {
  const { language, template, functionNames } = answers;
  const { push, members, sharedFolder } = parts[language];
  const store = template === 'chat' ? [members] : [];
  const file = (folder: string, name: string) => ({
    path: `${folder}/${name}`,
    text: read(templates, `${language}/shared/${name}`),
  });
  if (sharedFolder !== undefined) {
    return [push, ...store].map((name) => file(sharedFolder, name));
  }
  return roles.flatMap((role) =>
    [...(role === 'transfer' ? [push] : []), ...store].map((name) =>
      file(functionNames[role], name),
    ),
  );
}

function projectFile({ service, language, functionNames }: ScaffoldAnswers): object {
  const { runtime } = parts[language];
  const functions = roles.map((role) => {
    const folder = functionNames[role];
    const build = {
      command: ['node', 'build.mjs', folder, '--watch'],
      folder: `dist/${folder}`,
    };
    return [
      role,
      {
        folder,
        handler: 'index.main_handler',
        runtime,
        timeout: 3,
        memory: 128,
        ...(language === 'typescript' ? { build } : {}),
      },
    ];
  });
  return {
    service: serviceName(service),
    path: '/websocket',
    stages: ['release'],
    port: defaultPort,
    backendTimeout: 900,
    functions: Object.fromEntries(functions) as object,
  };
}

function eventFiles({ service }: ScaffoldAnswers): ScaffoldFile[] {
  return roles.flatMap((role) =>
    sampleEvents(role, { name: serviceName(service) }).map(({ id, event }) => ({
      path: `events/${id}.json`,
      text: json(event),
    })),
  );
}

/** A folder may have a name that a service cannot. */
function serviceName(wished: string): string {
  return [...wished.replace(/[/\\\p{Cc}]/gu, '-')].slice(0, 60).join('') || 'service';
}

function launchFile(answers: ScaffoldAnswers): object {
  const name = isChinese(answers.locale) ? '调试全部函数' : 'Debug the functions';
  return { version: '0.2.0', configurations: [{ type: 'scf-websocket', request: 'launch', name }] };
}

function packageFile({ service, template }: ScaffoldAnswers): object {
  return {
    name:
      service
        .toLowerCase()
        .replace(/[^a-z0-9-]+/g, '-')
        .replace(/^-+|-+$/g, '') || 'service',
    version: '1.0.0',
    private: true,
    type: 'module',
    scripts: { build: 'node build.mjs', types: 'tsc' },
    ...(template === 'chat' ? { dependencies: { redis: '^5.8.0' } } : {}),
    devDependencies: { '@types/node': '^20.0.0', esbuild: '^0.25.0', typescript: '^5.8.0' },
  };
}

function wordsOf(answers: ScaffoldAnswers): Record<string, string> {
  const { service, language, functionNames } = answers;
  const { push, members, installRedis, sharedFolder } = parts[language];
  const chinese = isChinese(answers.locale);
  const label = (english: string, translated: string) => (chinese ? translated : english);
  const folders = roles.map((role) => `'${functionNames[role]}'`).join(', ');
  return {
    service: escapeHtml(service),
    register: functionNames.register,
    transfer: functionNames.transfer,
    cleanup: functionNames.cleanup,
    address: '/release/websocket',
    page: `http://127.0.0.1:${defaultPort}/`,
    url: `ws://127.0.0.1:${defaultPort}/release/websocket`,
    'push file': `${sharedFolder ?? functionNames.transfer}/${push}`,
    'members file': `${sharedFolder ?? functionNames.transfer}/${members}`,
    'install redis': installRedis,
    'function folders': `[${folders}]`,
    // Its handlers run on Python 3, too, and machines of a CI have no other.
    'ci python': language === 'python2' ? ' --python python3' : '',
    'html language': label('en', 'zh-CN'),
    'label.address': label('Address', '地址'),
    'label.connect': label('Connect', '连接'),
    'label.disconnect': label('Disconnect', '断开'),
    'label.connected': label('connected', '已连接'),
    'label.connectFirst': label('Connect first.', '请先连接。'),
    'label.closed': label('closed', '已关闭'),
    'label.name': label('Name', '名字'),
    'label.message': label('Message', '消息'),
    'label.send': label('Send', '发送'),
    'label.file': label('File to send as binary', '以二进制发送的文件'),
    'label.bytes': label('bytes', '字节'),
  };
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function read(templates: Templates, name: string): string {
  const text = templates.get(name);
  if (text === undefined) {
    throw new Error(`The template ${name} is missing`);
  }
  return text;
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2) + '\n';
}

function assertDistinct(files: readonly ScaffoldFile[], functionNames: readonly string[]): void {
  for (const [index, name] of functionNames.entries()) {
    const problem = functionNameProblem(name, functionNames.slice(0, index));
    if (problem !== undefined) {
      throw new Error(problem);
    }
  }
  if (new Set(files.map((file) => file.path.toLowerCase())).size !== files.length) {
    throw new Error('Two files of a plan have the same name');
  }
}
