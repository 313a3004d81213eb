/** What an importer found in somebody's project files, before anyone said which function plays which role. */
import type { Problem, Role, Stage } from '../../../protocol/project';

export interface DetectedFunction {
  /** As the file calls it; unique within the project. */
  name: string;
  /** Relative to the project folder, with slashes; `.` is the folder itself. */
  folder: string;
  handler?: string;
  runtime?: string;
  /** Seconds. */
  timeout?: number;
  initTimeout?: number;
  /** MB */
  memory?: number;
  environment?: Record<string, string>;
}

/** A role that the files do not assign. */
export interface RoleQuestion {
  role: Role;
  /** Names of functions; `null` answers that nothing plays the role (never for transfer). */
  candidates: string[];
  /** What the names suggest. */
  guess: string | null;
}

export interface DetectedProject {
  kind: 'templateYaml' | 'serverlessYml' | 'siblingFolders';
  /** Absolute path of the folder that scfws.json belongs to. */
  folder: string;
  /** Files that it was read from, relative to the folder. */
  sources: string[];
  service?: string;
  path?: string;
  stage?: Stage;
  /** Seconds. */
  backendTimeout?: number;
  integrationResponse?: boolean;
  functions: DetectedFunction[];
  /** Roles that the files assign themselves. */
  roles: Partial<Record<Role, string>>;
  questions: RoleQuestion[];
  problems: Problem[];
}

/** What one kind of file tells; the roles may be partly known. */
export type Finding = Omit<DetectedProject, 'folder' | 'questions'>;

const hints: readonly [Role, RegExp][] = [
  // In this order: "disconnect" and "unregister" are no beginnings.
  ['cleanup', /delete|clean|disconnect|unregist|close|closing|leave|offline|destroy/i],
  ['register', /regist|connect|open|join|online/i],
  ['transfer', /trans|message|msg|send|data|default|recv|receive/i],
];

/** The role that a function's name suggests, else its handler's. */
export function guessRole(detected: DetectedFunction): Role | undefined {
  const words = [detected.name, detected.handler?.split('.').at(-1) ?? '', detected.folder];
  for (const word of words) {
    const hint = hints.find(([, pattern]) => pattern.test(word));
    if (hint !== undefined) {
      return hint[0];
    }
  }
  return undefined;
}
