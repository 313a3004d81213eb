/** What an importer found in somebody's project files, before anyone said which function plays which role. */
import type { Role, Stage } from '../../../protocol/project';
import type { Note, Place } from './notes';

export interface DetectedFunction {
  /** As the file calls it; unique within the project. */
  name: string;
  /** Relative to the project folder, with slashes; `.` is the folder itself. */
  folder: string;
  handler?: string;
  runtime?: string;
  /** Seconds, within the limits of the platform. */
  timeout?: number;
  initTimeout?: number;
  /** MB, a size that exists. */
  memory?: number;
  environment?: Record<string, string>;
  /** Where the files speak of it. */
  place?: Place;
  /** The files put an HTTP trigger before it, and nothing of WebSocket. */
  http?: true;
  /** Roles whose actions its code names, as far as the code can be read. */
  speaks?: Role[];
}

/** A role that the files do not assign. */
export interface RoleQuestion {
  role: Role;
  /** Names of functions; `null` answers that nothing plays the role (never for transfer). */
  candidates: string[];
  /** What names and code suggest. */
  guess: string | null;
}

export interface DetectedProject {
  kind: 'templateYaml' | 'serverlessYml' | 'terraform' | 'folders' | 'unreadable';
  /** Absolute path of the folder that scfws.json belongs to. */
  folder: string;
  /** Files that it was read from, relative to the folder. */
  sources: string[];
  service?: string;
  path?: string;
  stage?: Stage;
  /** Seconds, within the limits of the platform. */
  backendTimeout?: number;
  integrationResponse?: boolean;
  functions: DetectedFunction[];
  /** Roles that the files assign themselves. */
  roles: Partial<Record<Role, string>>;
  /** Roles for which they name something that is not there. */
  open?: Role[];
  questions: RoleQuestion[];
  notes: Note[];
}

/** What one kind of file tells; the roles may be partly known. */
export type Finding = Omit<DetectedProject, 'folder' | 'questions'>;

export function newFinding(kind: Finding['kind']): Finding {
  return { kind, sources: [], functions: [], roles: {}, notes: [] };
}
