/** The interpreters that the suite runs with: Python 2.7, the oldest and the newest Python 3, two Node.js. */
import path from 'node:path';
import type { Language } from '../../src/conformance/setups';
import { thisMachine } from '../../src/core/runtime/launch/interpreters';
import { ensureNode, root } from '../../scripts/toolchain.mjs';

export interface Runtime {
  title: string;
  language: Language;
  runtime: string;
  /** Undefined: not on this machine. */
  interpreter(): Promise<string | undefined>;
}

export const bootstrapFolder = path.join(root, 'src/core/runtime/bootstrap');
export const fixtureFolder = path.join(root, 'src/conformance/fixtures');

const newerNode = 24;

const minor = (version: string): number => Number(/^3\.(\d+)/.exec(version)?.[1] ?? -1);
const pythons = thisMachine('python')
  .versions.filter(({ version }) => minor(version) >= 6)
  .sort((one, other) => minor(one.version) - minor(other.version));

function python(title: string, found: { version: string; program: string } | undefined): Runtime {
  const version = /^\d+\.\d+/.exec(found?.version ?? '')?.[0];
  return {
    title: version === undefined ? title : `Python ${version}`,
    language: 'python',
    runtime: version === undefined ? 'Python3' : `Python${version}`,
    interpreter: () => Promise.resolve(found?.program),
  };
}

const python2 = thisMachine('python').versions.find(({ version }) => version.startsWith('2.7'));

export const runtimes: readonly Runtime[] = [
  python('Python 2.7', python2),
  // Where no version manager has any, the one on the path is both.
  python('the oldest Python 3', pythons[0] ?? { version: '3', program: 'python3' }),
  ...(pythons.length > 1 ? [python('the newest Python 3', pythons.at(-1))] : []),
  {
    title: `Node.js ${process.versions.node.split('.')[0]}`,
    language: 'node',
    runtime: `Nodejs${process.versions.node.split('.')[0]}`,
    interpreter: () => Promise.resolve(process.execPath),
  },
  {
    title: `Node.js ${newerNode}`,
    language: 'node',
    runtime: `Nodejs${newerNode}`,
    interpreter: () => ensureNode(newerNode),
  },
];
