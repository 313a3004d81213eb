/**
 * The handlers of a run under the editor's debuggers: each process that waits for one gets it, and the clock of the
 * scenario stands still while something stops, so that no limit of a step or a function passes meanwhile.
 */
import path from 'node:path';
import type * as vscode from 'vscode';
import { sentenceOf } from '../../core/errors';
import type { Fact, FunctionInfo } from '../../protocol/fact';
import type { Asking } from './testProcess';
import { planChild } from '../debug/childConfiguration';
import { Children } from '../debug/children';
import { ClockHold } from '../debug/clockHold';
import type { Log } from '../log';

let sessions = 0;

export class TestDebugging {
  private readonly clock: ClockHold;
  private readonly children: Children;
  private functions = new Map<string, FunctionInfo>();
  /** Functions and instances of one scenario's session have the names of the next one's, and of the gateway's. */
  private prefix = '';

  constructor(
    private readonly extensionPath: string,
    private readonly run: vscode.TestRun,
    ask: Asking,
    log: Log,
    private readonly onTrouble: (text: string) => void,
  ) {
    this.clock = new ClockHold((reason, frozen) => ask('freezeClock', { reason, frozen }));
    this.children = new Children(
      (id, instance) => {
        if (id.startsWith(this.prefix)) {
          ask('debuggerReady', { function: id.slice(this.prefix.length), instance });
        }
        return Promise.resolve();
      },
      this.clock,
      log,
      () => undefined, // Whoever ends a debugger lets the scenario go on without it.
      () => false, // A run is of the code that was there when it began.
    );
  }

  receive(fact: Fact): void {
    if (fact.kind === 'listening') {
      this.clock.forget();
      this.prefix = `test ${++sessions} `;
      this.functions = new Map(
        fact.services.flatMap(({ functions }) => functions).map((each) => [each.function, each]),
      );
      return;
    }
    if (fact.kind !== 'instance') {
      return;
    }
    const info = this.functions.get(fact.function);
    if (fact.state === 'stopped') {
      this.children.instanceEnded(this.prefix + fact.function, fact.instance);
    } else if (fact.waitsForDebugger === true && fact.debugPort !== undefined && info) {
      void this.attach(info, fact.instance, fact.version, fact.debugPort);
    }
  }

  /** The run is over, and with it every process that was debugged: resolves when no session is left of it. */
  async end(): Promise<void> {
    await this.children.end();
    this.children.dispose();
  }

  private async attach(
    info: FunctionInfo,
    instance: number,
    version: number,
    port: number,
  ): Promise<void> {
    const id = this.prefix + info.function;
    const holder = `attach ${id} ${instance}`;
    this.clock.hold(holder, info.name); // No limit passes while a debugger begins.
    try {
      await this.children.attach({
        id,
        name: info.name,
        instance,
        loaded: false,
        folder: info.folder,
        testRun: this.run,
        configuration: planChild({
          info: { ...info, function: id },
          instance,
          version,
          port,
          bootstrapFolder: path.join(this.extensionPath, 'dist', 'bootstrap'),
          justMyCode: true,
        }),
      });
    } catch (error) {
      this.onTrouble(sentenceOf(error));
    } finally {
      this.clock.release(holder);
    }
  }
}
