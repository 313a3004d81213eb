/** A service of a session with its functions' runtimes, and how it takes up a changed project file. */
import {
  type EmulatorOptions,
  functionId,
  type FunctionSpec,
  type Role,
  type ServiceSpec,
} from '../../protocol/project';
import type { Service } from '../gateway/connection';
import type { FunctionRuntime } from '../runtime/contract';

type StartRuntime = (
  service: RunningService,
  spec: FunctionSpec,
  predecessor?: FunctionRuntime,
) => FunctionRuntime;

export class RunningService implements Service {
  /** One object for the service's life: gateway and runtimes hold it, a change is written into it. */
  readonly spec: ServiceSpec;
  readonly functions = new Map<string, FunctionRuntime>();
  /** Options that were set while it runs: they come before the project file's. */
  readonly options: Partial<EmulatorOptions> = {};
  private readonly start: StartRuntime;
  /** Replaced or removed, running their last events. */
  private readonly retiring = new Set<FunctionRuntime>();

  constructor(spec: ServiceSpec, start: StartRuntime) {
    this.spec = spec;
    this.start = start;
    for (const each of spec.functions) {
      this.functions.set(functionId(spec.name, each.name), start(this, each));
    }
  }

  runtimeOf(role: Role): FunctionRuntime | undefined {
    const name = this.spec.roles[role];
    return name === undefined ? undefined : this.functions.get(functionId(this.spec.name, name));
  }

  setOptions(options: Partial<EmulatorOptions>): void {
    Object.assign(this.options, options);
    Object.assign(this.spec.emulator, options);
  }

  /**
   * Takes up a changed project file: connections stay, functions that did not change keep their instances and
   * globals, the others end their running event and start anew. Name and push address stay, since they are in use.
   */
  apply(next: ServiceSpec): void {
    const { name, pushKey, serviceId } = this.spec;
    const before = new Map(this.spec.functions.map((each) => [each.name, JSON.stringify(each)]));
    Object.assign(this.spec, next, { name, pushKey, serviceId });
    const replaced = new Map<string, FunctionRuntime>();
    for (const [id, runtime] of [...this.functions]) {
      const same = next.functions.find((each) => functionId(name, each.name) === id);
      if (same === undefined || JSON.stringify(same) !== before.get(same.name)) {
        this.functions.delete(id);
        replaced.set(id, runtime);
      }
    }
    for (const each of next.functions) {
      const id = functionId(name, each.name);
      if (!this.functions.has(id)) {
        const predecessor = replaced.get(id);
        const debugged = predecessor?.debugging === true;
        const runtime = this.start(this, each, predecessor);
        this.functions.set(id, runtime);
        if (debugged) {
          runtime.setDebug(true).catch(() => undefined); // Its facts say why not.
        }
      }
    }
    for (const runtime of replaced.values()) {
      this.retiring.add(runtime);
      void runtime.retire().then(() => this.retiring.delete(runtime));
    }
  }

  async dispose(): Promise<void> {
    const all = [...this.functions.values(), ...this.retiring];
    await Promise.all(all.map((runtime) => runtime.dispose()));
  }
}
