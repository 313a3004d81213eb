/** Debugging of functions: containers, a child session for each handler process, and the clock between them. */
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { sentenceOf, UserError } from '../../core/errors';
import { showError } from '../commands/register';
import type { Fact, FactOf, FunctionInfo } from '../../protocol/fact';
import type { FunctionId } from '../../protocol/project';
import type { Gateway } from '../gateway';
import { contexts, debugTypes } from '../ids';
import type { Log } from '../log';
import type { Projects } from '../projects';
import type { Runs } from '../runs';
import { knownFunctions } from '../views/functionsView';
import { planChild } from './childConfiguration';
import type { Child } from './child';
import { Children } from './children';
import { ClockHold } from './clockHold';
import { Container } from './container';
import type { ContainerHost } from './container';
import { wantedFunctions } from './wanted';

export class Debugging
  implements ContainerHost, vscode.DebugAdapterDescriptorFactory, vscode.Disposable
{
  private readonly containers = new Map<Container, Set<FunctionId>>();
  private readonly clock: ClockHold;
  private readonly children: Children;
  private readonly disposables: vscode.Disposable[] = [];
  /** The process of each function whose debug adapter died: a process opens only one, so another has to take over. */
  private readonly lost = new Map<FunctionId, number>();

  constructor(
    private readonly extensionPath: string,
    private readonly gateway: Gateway,
    private readonly projects: Projects,
    private readonly log: Log,
    private readonly startGateway: (debug: readonly FunctionId[]) => Promise<unknown>,
    isOlder: Runs['isOlder'],
  ) {
    this.clock = new ClockHold((reason, frozen) => {
      gateway.ask('freezeClock', { reason, frozen }).catch(() => undefined);
    });
    this.children = new Children(
      (id, instance) => gateway.ask('debuggerReady', { function: id, instance }),
      this.clock,
      log,
      (child, isCertain) => this.childLost(child, isCertain),
      isOlder,
    );
    this.disposables.push(
      vscode.debug.registerDebugAdapterDescriptorFactory(debugTypes.container, this),
      vscode.debug.registerDebugAdapterDescriptorFactory(debugTypes.python, {
        // Never tried out before: debugpy takes the first connection for its client.
        createDebugAdapterDescriptor: ({ configuration }) => {
          const { host, port } = configuration['connect'] as { host: string; port: number };
          return new vscode.DebugAdapterServer(port, host);
        },
      }),
      this.children,
      gateway.onDidReceiveFacts((facts) => this.receive(facts)),
      gateway.onDidChangeStatus((status) => {
        if (status === 'stopped') {
          this.clock.forget();
          this.lost.clear();
          this.containers.forEach((_, container) => container.terminate());
        }
      }),
    );
  }

  createDebugAdapterDescriptor(session: vscode.DebugSession): vscode.DebugAdapterDescriptor {
    return new vscode.DebugAdapterInlineImplementation(new Container(session, this));
  }

  /** Whether a container is there already, to which more functions can be added. */
  get isActive(): boolean {
    return this.containers.size > 0;
  }

  isDebugged(id: FunctionId): boolean {
    return [...this.containers.values()].some((functions) => functions.has(id));
  }

  /** The functions of a configuration that are not debugged yet. Throws a `UserError` when it means none at all. */
  notDebugged(configuration: vscode.DebugConfiguration): FunctionInfo[] {
    return this.wanted(configuration).filter((info) => !this.isDebugged(info.function));
  }

  /**
   * Debugs functions: in the running container, or by starting one, which may mean `all` that there are by then. Resolves
   * when their processes are attached and may run.
   */
  async debug(functions: readonly FunctionInfo[], all?: 'all'): Promise<void> {
    const [container] = this.containers.keys();
    if (container !== undefined) {
      await this.add(
        container,
        functions.map((info) => info.function),
      );
      return;
    }
    const started = await vscode.debug.startDebugging(undefined, {
      type: debugTypes.container,
      request: 'launch',
      name: 'SCF WebSocket',
      ...(all ? {} : asConfiguration(functions)),
    });
    if (!started) {
      throw new UserError('debugFailed', l10n.t('The debugger did not start.'));
    }
  }

  async begin(container: Container): Promise<void> {
    const { request } = container.session.configuration;
    if (this.gateway.status !== 'running') {
      if (request === 'attach') {
        throw new UserError(
          'notRunning',
          l10n.t('The gateway is not running, so there is nothing to attach to.'),
          l10n.t('Start it, or use a configuration with "request": "launch".'),
        );
      }
      await this.projects.refresh();
      await this.startGateway(this.wantedFromTheStart(container.session.configuration));
    }
    const functions = this.wanted(container.session.configuration);
    this.containers.set(container, new Set());
    this.containersChanged();
    await this.add(
      container,
      functions.map((info) => info.function),
    );
  }

  /** Attaches anew to every function; gateway, sockets and what the functions remember stay. */
  async restart(container: Container): Promise<void> {
    const before = this.containers.get(container) ?? new Set();
    const wanted = this.wanted(container.session.configuration).map((info) => info.function);
    await Promise.all([...before].map((id) => this.children.detach(id)));
    await this.add(container, [...new Set([...before, ...wanted])]);
  }

  explain(container: Container, error: unknown): void {
    const { workspaceFolder, configuration } = container.session;
    void showError(this.log, error, () =>
      vscode.debug.startDebugging(workspaceFolder, configuration),
    );
  }

  /** Detaches and leaves the functions running. */
  async end(container: Container): Promise<void> {
    const functions = this.containers.get(container) ?? new Set();
    this.containers.delete(container);
    this.containersChanged();
    await Promise.all(
      [...functions].map(async (id) => {
        await this.children.detach(id);
        // Another session may have begun meanwhile.
        if (this.gateway.status === 'running' && !this.isDebugged(id)) {
          await this.gateway.ask('debug', { function: id, enabled: false }).catch(() => undefined);
        }
      }),
    );
  }

  /** Ends every container; the gateway, its sockets and its functions stay. */
  async stop(): Promise<void> {
    await Promise.all(
      [...this.containers.keys()].map(({ session }) => vscode.debug.stopDebugging(session)),
    );
  }

  /** Sets a breakpoint that is taken away when a process of the function stops, or is not debugged any more. */
  async stopOnceAt(id: FunctionId, location: vscode.Location): Promise<void> {
    const breakpoint = new vscode.SourceBreakpoint(location);
    const bound = this.children.whenBound(id, breakpoint);
    vscode.debug.addBreakpoints([breakpoint]);
    this.children.onNextStop(id, () => vscode.debug.removeBreakpoints([breakpoint]));
    await bound;
  }

  dispose(): void {
    this.disposables.forEach((each) => each.dispose());
  }

  private async add(container: Container, ids: FunctionId[]): Promise<void> {
    const results = await Promise.allSettled(ids.map((id) => this.enable(container, id)));
    const failed = results.flatMap((each) =>
      each.status === 'rejected' ? [each.reason as unknown] : [],
    );
    if (failed.length > 0 && failed.length === ids.length) {
      throw failed[0]; // It is told where the session ends with it.
    }
    // Three functions of one interpreter lack the same thing.
    const different = new Map(failed.map((error) => [sentenceOf(error), error]));
    for (const [sentence, error] of different) {
      container.say(sentence, 'stderr');
      this.explain(container, error);
    }
  }

  private async enable(container: Container, id: FunctionId): Promise<void> {
    this.containers.get(container)?.add(id);
    try {
      const instance = this.lost.get(id);
      this.lost.delete(id);
      if (instance !== undefined && this.isAlive(id, instance)) {
        await this.gateway.ask('restartFunction', { function: id });
      }
      const answer = await this.gateway.ask('debug', { function: id, enabled: true });
      if (!this.containers.has(container)) {
        // It was stopped meanwhile.
        await this.gateway.ask('debug', { function: id, enabled: false });
      } else if (answer !== null) {
        await this.attach(id, answer.instance, answer.port);
      }
    } catch (error) {
      this.containers.get(container)?.delete(id);
      // Nobody will attach: what waits for a debugger is to run without one.
      await this.gateway.ask('debug', { function: id, enabled: false }).catch(() => undefined);
      throw error;
    }
  }

  private receive(facts: readonly Fact[]): void {
    for (const fact of facts) {
      if (fact.kind === 'log') {
        this.print(fact);
      }
      if (fact.kind !== 'instance' || !this.isDebugged(fact.function)) {
        continue;
      }
      if (fact.state === 'stopped') {
        this.children.instanceEnded(fact.function, fact.instance);
      } else if (fact.debugPort !== undefined) {
        this.attachNew(fact, fact.debugPort);
      }
    }
  }

  /** What a handler prints belongs into the debug console, too; JavaScript's own debugger brings it there itself. */
  private print({ function: id, stream, level, text }: FactOf<'log'>): void {
    const view = this.gateway.state.functions.get(id);
    if (view?.info.family !== 'python') {
      return;
    }
    for (const [container, functions] of this.containers) {
      if (functions.has(id)) {
        container.say(text, stream === 'stderr' || level === 'error' ? 'stderr' : 'stdout');
      }
    }
  }

  /** A process that was started while its function is debugged: a changed file, a crash, more load. */
  private attachNew(fact: FactOf<'instance'>, port: number): void {
    this.attach(fact.function, fact.instance, port).catch((error: unknown) => {
      this.log.error(sentenceOf(error));
      void vscode.window.showErrorMessage(sentenceOf(error));
    });
  }

  private attach(id: FunctionId, instance: number, port: number): Promise<void> {
    const found = [...this.containers].find(([, functions]) => functions.has(id));
    const view = this.gateway.state.functions.get(id);
    if (found === undefined || view === undefined) {
      return Promise.resolve();
    }
    const { session } = found[0];
    const configuration = planChild({
      info: view.info,
      instance,
      version: view.instances.get(instance)?.version ?? 1,
      port,
      bootstrapFolder: path.join(this.extensionPath, 'dist', 'bootstrap'),
      justMyCode: session.configuration['justMyCode'] !== false,
    });
    return this.children.attach({
      id,
      name: view.info.name,
      instance,
      parent: session,
      loaded: view.instances.get(instance)?.waitsForDebugger !== true,
      folder: view.info.folder,
      configuration,
    });
  }

  /**
   * Its debugger died, or something ended its session alone: debugging ends as a whole, and says why. Whoever begins
   * again at once finds what is lost noted already, and a new session, which is not meant.
   */
  private childLost({ id, instance, name, parent }: Child, isCertain: boolean): void {
    if (this.gateway.status !== 'running' || !this.isAlive(id, instance)) {
      return;
    }
    if (this.gateway.state.functions.get(id)?.info.family === 'python') {
      this.lost.set(id, instance);
    }
    for (const container of isCertain ? this.containers.keys() : []) {
      if (container.session === parent) {
        container.say(l10n.t('The debugger left {0}.', name), 'important');
        container.terminate();
      }
    }
  }

  private isAlive(id: FunctionId, instance: number): boolean {
    return this.gateway.state.functions.get(id)?.instances.has(instance) === true;
  }

  /** A client that comes the moment the gateway is there must not slip through. */
  private wantedFromTheStart(configuration: vscode.DebugConfiguration): FunctionId[] {
    try {
      return this.wanted(configuration).map((info) => info.function);
    } catch {
      return []; // Starting tells what is wrong, or asking for them afterwards.
    }
  }

  private wanted(configuration: vscode.DebugConfiguration): FunctionInfo[] {
    return wantedFunctions(configuration, knownFunctions(this.gateway, this.projects));
  }

  private containersChanged(): void {
    void vscode.commands.executeCommand('setContext', contexts.debugging, this.isActive);
  }
}

/** Ids change where projects of one name come and go: a function alone is told by its folder. */
function asConfiguration(functions: readonly FunctionInfo[]): object {
  const [first, second] = functions;
  return first !== undefined && second === undefined
    ? { name: `SCF: ${first.name}`, project: first.folder, functions: [first.name] }
    : { functions: functions.map((info) => info.function) };
}
