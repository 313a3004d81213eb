/** Where an agent works: the folders that it may touch, one gateway at a time, and what was seen of it. */
import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../errors';
import { contains } from '../project/projectFile';
import { type Session, startSession } from '../session/session';
import { readText } from '../textFile';
import type { ServiceInfo } from '../../protocol/fact';
import type { Answer, Ask, IntentKind } from '../../protocol/intent';
import { parseRecording } from '../../protocol/export/renderExport';
import type { Place } from './place';
import { Witness } from './witness';

/** A recording that is read whole. */
const largestRecording = 64 * 1024 * 1024;

export interface WorkplaceOptions {
  /** Absolute; nothing outside of them is read or run. */
  folders: readonly string[];
  /** Functions may be run; else only recordings are looked at. */
  run: boolean;
  bootstrapFolder: string;
}

export class Workplace implements Place {
  readonly options: WorkplaceOptions;
  witness: Witness;
  private running: Session | undefined;

  constructor(options: WorkplaceOptions) {
    this.options = options;
    this.witness = new Witness(options.folders[0] ?? process.cwd());
  }

  get services(): readonly ServiceInfo[] {
    return this.session.services;
  }

  async ask<K extends IntentKind>(kind: K, ask: Ask<K>): Promise<Answer<K>> {
    const { intents, recorder } = this.session;
    try {
      return await intents[kind](ask);
    } finally {
      // What it caused is told before the answer.
      recorder.settle();
    }
  }

  /** The real path of something in the folders; links out of them lead nowhere. */
  inside(named: string): string {
    const base = this.options.folders[0] ?? process.cwd();
    const asked = path.resolve(base, named);
    let real: string;
    try {
      real = fs.realpathSync(asked);
    } catch {
      throw new UserError('notFound', `There is no ${asked}.`, 'Name a path in the workspace.');
    }
    if (!this.options.folders.some((folder) => contains(fs.realpathSync(folder), real))) {
      const allowed = this.options.folders.join(', ');
      throw new UserError('outside', `${asked} is outside the workspace.`, `Allowed: ${allowed}.`);
    }
    return real;
  }

  /** As an agent names it: relative to the first folder. */
  relative(file: string): string {
    return path.relative(this.options.folders[0] ?? process.cwd(), file);
  }

  mayRun(): void {
    if (!this.options.run) {
      throw new UserError(
        'readOnly',
        'Running functions is not allowed here.',
        'Ask the person to start the server with --allow-run, if they trust the code.',
      );
    }
  }

  async start(named: string, port: number): Promise<Session> {
    this.mayRun();
    const folder = this.inside(named);
    await this.stop();
    this.witness = new Witness(folder);
    const { bootstrapFolder } = this.options;
    const session = await startSession({ folders: [folder], port, bootstrapFolder });
    this.running = session;
    session.recorder.read(1, 10_000).forEach((fact) => this.witness.see(fact));
    session.onFact((fact) => this.witness.see(fact));
    return session;
  }

  async open(named: string): Promise<void> {
    const file = this.inside(named);
    const { size } = fs.statSync(file);
    if (size > largestRecording) {
      throw new UserError(
        'tooLarge',
        `${file} has ${size} bytes, the limit is ${largestRecording}.`,
      );
    }
    const { value, problems } = parseRecording(readText(fs.readFileSync(file), file));
    if (value === undefined) {
      const why = problems.map(({ line, message }) => `line ${line}: ${message}`).join('; ');
      throw new UserError('noRecording', `${file} is no recording: ${why}.`);
    }
    await this.stop();
    this.witness = new Witness(path.dirname(file));
    value.facts.forEach((fact) => this.witness.see(fact));
  }

  private get session(): Session {
    if (this.running === undefined) {
      throw new UserError('notRunning', 'No gateway runs.', 'Call start_gateway first.');
    }
    return this.running;
  }

  async stop(): Promise<void> {
    const session = this.running;
    this.running = undefined;
    await session?.dispose();
  }
}
