// A conversation with a real session and a real handler process, one step after the other. A step ends when nothing
// more can come, so the facts between two steps are those of the first.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Actor } from '../../src/core/scenario/actor';
import { emulatorPlace, type Place } from '../../src/core/scenario/place';
import { Witness } from '../../src/core/scenario/witness';
import { startSession, type Session } from '../../src/core/session/session';
import type { Fact, FactKind, FactOf } from '../../src/protocol/fact';
import type { EmulatorOptions } from '../../src/protocol/project';

export type Language = 'node' | 'python';

export interface Script {
  /** Several must leave the same text. */
  languages: readonly Language[];
  emulator?: Partial<EmulatorOptions>;
  play(scene: Scene): Promise<void>;
}

export interface Told {
  title: string;
  facts: Fact[];
}

const fixtures = path.resolve(__dirname, '../fixtures/transcripts');
const bootstrapFolder = path.resolve(__dirname, '../../src/core/runtime/bootstrap');
const runtimes = { node: 'Nodejs20.19', python: 'Python3.10' } as const;
const files = { node: 'index.js', python: 'index.py' } as const;

export class Scene {
  readonly steps: Told[] = [];
  private readonly actors = new Map<string, Actor>();
  private readonly place: Place & { dispose(): void };
  private told = 0;

  private constructor(
    readonly session: Session,
    readonly folder: string,
    private readonly language: Language,
    private readonly facts: Fact[],
  ) {
    this.place = emulatorPlace(session, new Witness(session.services[0]?.functions ?? []));
  }

  static async start(language: Language, emulator: Partial<EmulatorOptions> = {}): Promise<Scene> {
    const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-transcript-')));
    fs.cpSync(path.join(fixtures, language), folder, { recursive: true });
    const talker = {
      folder: '.',
      name: 'talker',
      runtime: runtimes[language],
      interpreter: language === 'node' ? process.execPath : 'python3',
      // A busy machine is not what is told here; `timeout` runs on the clock, which a script moves by hand.
      timeout: 60,
      initTimeout: 300,
    };
    const project = {
      service: 'talk',
      path: '/room',
      backendTimeout: 300,
      functions: { transfer: talker, register: 'transfer', cleanup: 'transfer' },
      emulator,
    };
    fs.writeFileSync(path.join(folder, 'scfws.json'), JSON.stringify(project));
    const session = await startSession({
      folders: [folder],
      isPrivate: true,
      idleByHand: true,
      bootstrapFolder,
    });
    const facts = session.recorder.read(1, 1000);
    session.onFact((fact) => facts.push(fact));
    const scene = new Scene(session, folder, language, facts);
    await scene.step('the session starts', () => undefined);
    return scene;
  }

  /** Does something, and waits until nothing more can come; `until`: also for a fact that nobody waits for else. */
  async step(
    title: string,
    act: () => unknown,
    until?: { kind: FactKind; where?: (fact: Fact) => boolean },
  ): Promise<void> {
    await act();
    if (until !== undefined) {
      await this.fact(until.kind, until.where);
    }
    await this.place.settled(this.actors.values());
    this.tell(title);
  }

  /** As `step`, where something stands still: a held frame, a handler that never ends. */
  async stepUntil<K extends FactKind>(
    title: string,
    act: () => unknown,
    kind: K,
    where: (fact: FactOf<K>) => boolean = () => true,
  ): Promise<FactOf<K>> {
    await act();
    const fact = await this.fact(kind, where);
    this.tell(title);
    return fact;
  }

  open(name: string, protocols: string[] = [], url = this.place.url({})): Promise<void> {
    const protocol = protocols.length === 0 ? '' : ` with the protocol ${protocols.join(', ')}`;
    const elsewhere = url === this.place.url({}) ? '' : ` to ${new URL(url).pathname}`;
    return this.step(`${name} connects${elsewhere}${protocol}`, async () => {
      const actor = new Actor(name, () => this.place.happened());
      this.actors.set(name, actor);
      const introduce = this.place.introduce.bind(this.place);
      await actor.connect({ url, protocols, headers: {}, introduce });
    });
  }

  /** The connection's end is waited for: on its way nothing tells that it is to come. */
  leave(title: string, act: () => unknown): Promise<void> {
    return this.step(title, act, { kind: 'closed' });
  }

  say(name: string, text: string): Promise<void> {
    return this.step(`${name} says ${JSON.stringify(text)}`, () => this.actor(name).send(text));
  }

  actor(name: string): Actor {
    const actor = this.actors.get(name);
    if (actor === undefined) {
      throw new Error(`Nobody is called ${name}.`);
    }
    return actor;
  }

  /** The id of somebody's connection. */
  connection(name: string): string {
    const found = this.facts.find((fact) => fact.kind === 'connecting' && fact.client === name);
    return found?.kind === 'connecting' ? found.connection : '';
  }

  /** Saves the handler with something replaced. */
  save(from: string, to: string): void {
    const file = path.join(this.folder, files[this.language]);
    const text = fs.readFileSync(file, 'utf8');
    if (!text.includes(from)) {
      throw new Error(`${file} does not contain ${from}.`);
    }
    fs.writeFileSync(file, text.replace(from, to));
  }

  /** Ends the session, whose last facts are told too; all payloads stay readable. */
  async end(): Promise<void> {
    await this.session.dispose();
    this.tell('the session ends');
  }

  async dispose(): Promise<void> {
    await this.session.dispose();
    this.actors.forEach((actor) => actor.dispose());
    this.place.dispose();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  private tell(title: string): void {
    this.session.recorder.settle();
    this.steps.push({ title, facts: this.facts.slice(this.told) });
    this.told = this.facts.length;
  }

  /** The first of what was not told yet. */
  private fact<K extends FactKind>(
    kind: K,
    where: (fact: FactOf<K>) => boolean = () => true,
  ): Promise<FactOf<K>> {
    const matches = (fact: Fact): fact is FactOf<K> =>
      fact.kind === kind && where(fact as FactOf<K>);
    return new Promise((resolve) => {
      const known = this.facts.slice(this.told).find(matches);
      if (known !== undefined) {
        resolve(known);
        return;
      }
      const listening = this.session.onFact((fact) => {
        if (matches(fact)) {
          listening.dispose();
          resolve(fact);
        }
      });
    });
  }
}
