/** What all scenarios of a project share: its settings, and what must be built, once for the whole run. */
import os from 'node:os';
import path from 'node:path';
import {
  functionId,
  type EmulatorOptions,
  type Problem,
  type ServiceSpec,
} from '../../protocol/project';
import { Clock } from '../clock';
import { loadService } from '../project/loadService';
import type { FactBody } from '../../protocol/fact';
import type { Run, RuntimeDependencies } from '../runtime/contract';
import { Dispatcher } from '../runtime/dispatch/dispatcher';
import { startPreparation, type Preparation } from '../runtime/launch/prepare';

export interface PreparedProject {
  /** undefined: a problem says why. */
  service?: ServiceSpec;
  problems: Problem[];
  /** Resolves when everything was built; rejects with a `UserError`. */
  build(): Promise<void>;
  dispose(): void;
}

export interface ProjectOptions {
  interpreters: RuntimeDependencies['interpreters'];
  bootstrapFolder: string;
  emulator?: Partial<EmulatorOptions>;
}

export async function prepareProject(
  folder: string,
  { interpreters, bootstrapFolder, emulator }: ProjectOptions,
): Promise<PreparedProject> {
  const loaded = await loadService(folder, emulator === undefined ? {} : { emulator });
  const { service, problems } = loaded;
  const builds: Preparation[] = [];
  let building: Promise<void> | undefined;
  const build = async (): Promise<void> => {
    const clock = new Clock();
    for (const spec of service?.functions ?? []) {
      if (spec.build === undefined) {
        continue;
      }
      const id = functionId(service?.name ?? '', spec.name);
      const clockFile = path.join(os.tmpdir(), 'scfws-no-clock');
      const preparation = startPreparation(
        id,
        spec,
        {
          service: service as ServiceSpec,
          clock,
          clockFile,
          dispatcher: new Dispatcher<Run>(),
          record: (body: FactBody) => ({ seq: 0, at: 0, ...body }),
          pushUrl: () => '',
          nextInstance: () => 0,
          interpreters,
          bootstrapFolder,
        },
        { onProblem: () => undefined, onMended: () => undefined, onBuilt: () => undefined },
      );
      builds.push(preparation);
    }
    await Promise.all(builds.map((each) => each.build()));
    for (const spec of service?.functions ?? []) {
      if (spec.build !== undefined) {
        spec.build.done = true;
      }
    }
  };
  return {
    ...(service === undefined ? {} : { service }),
    problems,
    build: () => (building ??= build()),
    dispose: () => builds.forEach((each) => each.dispose()),
  };
}
