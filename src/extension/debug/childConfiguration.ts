/** The configuration with which a child session attaches to one handler process. Pure. */
import path from 'node:path';
import type { DebugConfiguration } from 'vscode';
import type { FunctionInfo } from '../../protocol/fact';
import { debugTypes } from '../ids';

/** Put into the configuration, so that its sessions are known again. */
export interface ChildMark {
  function: string;
  instance: number;
  /** A file that no handler process runs. */
  neverRun: string;
}
export const markKey = '__scfWebSocket';

export interface ChildTarget {
  info: FunctionInfo;
  instance: number;
  version: number;
  port: number;
  /** Where our bootstraps are: never a place to step into. */
  bootstrapFolder: string;
  justMyCode: boolean;
}

export function planChild(target: ChildTarget): DebugConfiguration {
  const { info, instance, version, port } = target;
  const neverRun = path.join(target.bootstrapFolder, 'python', 'check.py');
  const mark: ChildMark = { function: info.function, instance, neverRun };
  const name = version > 1 ? `${info.name} (${version})` : info.name;
  const common = { name, request: 'attach', [markKey]: mark };
  if (info.family === 'python') {
    return {
      ...common,
      type: debugTypes.python,
      connect: { host: '127.0.0.1', port },
      justMyCode: target.justMyCode,
      rules: [{ path: path.join(target.bootstrapFolder, '**'), include: false }],
      subProcess: false,
      redirectOutput: false,
    };
  }
  return {
    ...common,
    type: 'node',
    address: '127.0.0.1',
    port,
    continueOnAttach: true,
    autoAttachChildProcesses: false,
    sourceMaps: true,
    // A built handler runs its first event the moment it is loaded. Only what is found here beforehand has its
    // breakpoints by then: for a module of CommonJS, V8 does not pause to have the source map read.
    outFiles: [
      ...[info.folder, info.buildFolder]
        .filter((folder) => folder !== undefined)
        .map((folder) => `${toGlob(folder)}/**/*.{js,cjs,mjs}`),
      '!**/node_modules/**',
    ],
    resolveSourceMapLocations: ['**', '!**/node_modules/**'],
    skipFiles: [
      '<node_internals>/**',
      `${toGlob(target.bootstrapFolder)}/**`,
      ...(target.justMyCode ? ['**/node_modules/**'] : []),
    ],
  };
}

function toGlob(file: string): string {
  return file.replaceAll('\\', '/');
}
