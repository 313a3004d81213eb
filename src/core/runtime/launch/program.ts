/** Functions that are programs of their own: custom runtimes and Go. */
import fs from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { FunctionSpec } from '../../../protocol/project';
import { UserError } from '../../errors';
import type { ChannelListener, Conversation } from '../channel/channel';
import { buildEnvironment } from './environment';
import { converseWithGo, freePort } from '../channel/goRpc';
import type { Launch } from './launch';
import { startInvocationApi } from '../channel/invocationApi';

/** Files of code, or without an extension; not what a program writes beside itself, such as logs and data. */
const code = /^[^.]+$|\.(py|[cm]?[jt]s|go|php|rb|sh|lua|pl|jar|class|so)$/;

/** Rejects with a `UserError` when there is no such program. */
export async function prepareProgram(
  spec: FunctionSpec,
  pushUrl: string,
  surroundings: 'cloud' | 'shell',
): Promise<Launch> {
  const program = path.join(spec.folder, spec.handler);
  checkProgram(program, spec);
  const env = buildEnvironment(spec, pushUrl, process.env, surroundings);
  const common = {
    command: program,
    args: [],
    cwd: spec.folder,
    debug: false,
    interpreter: l10n.t('{0}, a program of its own', program),
  };
  /** What lies beside the program may be part of it. */
  const files = fs
    .readdirSync(spec.folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && (entry.name === spec.handler || code.test(entry.name)))
    .map((entry) => path.join(spec.folder, entry.name));
  if (spec.family === 'go') {
    const port = await freePort();
    return {
      ...common,
      env: { ...env, _LAMBDA_SERVER_PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
      converse: (_child, listener) =>
        telling(files, listener, converseWithGo(spec, pushUrl, port, listener)),
    };
  }
  const api = await startInvocationApi(spec);
  return {
    ...common,
    env: {
      ...env,
      SCF_RUNTIME_API: '127.0.0.1',
      SCF_RUNTIME_API_PORT: String(api.port),
      _HANDLER: spec.handler,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    converse: (_child, listener) => telling(files, listener, api.converse(listener)),
    discard: () => api.dispose(),
  };
}

/** A program does not say which files it is made of. */
function telling(files: string[], listener: ChannelListener, talk: Conversation): Conversation {
  const start = () => {
    listener.onFiles(files);
    talk.start();
  };
  return { ...talk, start };
}

/** Throws a `UserError` when there is no such program, or none that may be run. */
export function checkProgram(program: string, spec: FunctionSpec): void {
  if (!fs.existsSync(program)) {
    throw new UserError(
      'programMissing',
      l10n.t('The file {0} does not exist.', program),
      spec.family === 'go'
        ? l10n.t('Build it, for example with: {0}', `go build -o ${spec.handler} .`)
        : l10n.t('Create it, or correct "handler" or "folder" in scfws.json.'),
    );
  }
  try {
    fs.accessSync(program, fs.constants.X_OK);
  } catch {
    throw new UserError(
      'programNotExecutable',
      l10n.t('The file {0} may not be executed.', program),
      l10n.t('Allow it with: {0}', `chmod +x ${program}`),
    );
  }
}
