/** Everything that must be known or running before an instance can be spawned. */
import type { Readable, Writable } from 'node:stream';
import type { FunctionId, FunctionSpec } from '../../protocol/project';
import { Channel } from './channel';
import type { RuntimeDependencies } from './contract';
import { buildEnvironment, launchOrder } from './environment';
import type { Launch } from './instance';
import { findInterpreter, planInterpreters, thisMachine } from './interpreters';
import { planLaunch } from './launch';

/** Rejects with a `UserError` when the function cannot be started at all. */
export async function prepareLaunch(
  id: FunctionId,
  spec: FunctionSpec,
  instance: number,
  debug: boolean,
  clockFile: string,
  dependencies: RuntimeDependencies,
): Promise<Launch> {
  const { service, interpreters, bootstrapFolder } = dependencies;
  const family = spec.family === 'node' ? 'node' : 'python';
  const interpreter = await findInterpreter(
    planInterpreters(spec, service.folder, interpreters[family], thisMachine(family)),
  );
  const pushUrl = dependencies.pushUrl(id, instance);
  const order = launchOrder(spec, service, pushUrl, debug, clockFile);
  return {
    ...planLaunch(spec, interpreter, bootstrapFolder, debug),
    env: buildEnvironment(spec, pushUrl, process.env),
    cwd: spec.folder,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    interpreter: interpreter.why,
    converse(child, listener) {
      const channel = new Channel(child.stdio[3] as Writable, child.stdio[4] as Readable, listener);
      return {
        start: () => channel.start(order),
        event: (request, frozenMs, event) => channel.event(request, frozenMs, event),
        load: () => channel.load(),
        debug: (enabled) => channel.debug(enabled),
        hold: (held) => channel.hold(held),
        end: () => channel.end(),
      };
    },
  };
}
