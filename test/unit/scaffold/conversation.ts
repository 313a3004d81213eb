/** A scaffolded project that is served, and clients that talk to it. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { defaultFunctionNames, planScaffold } from '../../../src/core/scaffold/planScaffold';
import type { Language, TemplateName } from '../../../src/core/scaffold/planScaffold';
import { readTemplates } from '../../../src/core/scaffold/templates';
import { writeScaffold } from '../../../src/core/scaffold/writeScaffold';
import { startSession } from '../../../src/core/session/session';
import type { Session } from '../../../src/core/session/session';
import type { Fact } from '../../../src/protocol/fact';

export const templatesFolder = path.resolve(__dirname, '../../../src/core/scaffold/templates');
const bootstrapFolder = path.resolve(__dirname, '../../../src/core/runtime/bootstrap');
const packages = path.resolve(__dirname, '../../../node_modules');

export interface Served {
  folder: string;
  session: Session;
  facts: Fact[];
  connect(protocols?: string[]): Promise<Client>;
  dispose(): Promise<void>;
}

export interface Client {
  /** Its connection id. */
  id: string;
  protocol: string;
  send(message: string | Buffer): void;
  /** The next message: text, or bytes in a Buffer. */
  next(): Promise<string | Buffer>;
  /** How many messages have come and were not taken. */
  readonly waiting: number;
  closed: Promise<{ code: number }>;
  close(): void;
}

interface Needs {
  program?: string;
  packages?: string[];
}

export async function serveScaffold(
  language: Language,
  template: TemplateName,
  environment: Record<string, string> = {},
  needs: Needs = {},
): Promise<Served> {
  const folder = await makeScaffold(language, template, environment, needs);
  const session = await startSession({ folders: [folder], port: 0, bootstrapFolder });
  const facts: Fact[] = [];
  session.onFact((fact) => facts.push(fact));
  const clients: WebSocket[] = [];
  return {
    folder,
    session,
    facts,
    async connect(protocols = []) {
      const before = opened(facts).length;
      const socket = new WebSocket(session.services[0]?.url ?? '', protocols);
      clients.push(socket);
      const messages: (string | Buffer)[] = [];
      socket.on('message', (data: Buffer, isBinary) => {
        messages.push(isBinary ? data : data.toString());
        socket.emit('kept');
      });
      await once(socket, 'open').catch((error: Error) => {
        const told = facts.filter((fact) => fact.kind === 'refused' || fact.kind === 'diagnostic');
        throw new Error(`${error.message}\n${JSON.stringify(told, null, 2)}`);
      });
      return {
        id: opened(facts)[before] ?? '',
        protocol: socket.protocol,
        send: (message) => socket.send(message),
        async next() {
          while (messages.length === 0) {
            await once(socket, 'kept');
          }
          return messages.shift() ?? '';
        },
        get waiting() {
          return messages.length;
        },
        closed: once(socket, 'close').then(([code]) => ({ code: code as number })),
        close: () => socket.close(1000),
      };
    },
    async dispose() {
      clients.forEach((socket) => socket.terminate());
      await session.dispose();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A new project in a folder of its own, with what it would install. */
export async function makeScaffold(
  language: Language,
  template: TemplateName,
  environment: Record<string, string> = {},
  { program, packages: installed = [] }: Needs = {},
): Promise<string> {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-scaffold-')));
  const plan = planScaffold(
    { service: 'demo', language, template, functionNames: defaultFunctionNames },
    await readTemplates(templatesFolder),
  );
  await writeScaffold(plan, folder);
  const projectFile = path.join(folder, 'scfws.json');
  const project = JSON.parse(fs.readFileSync(projectFile, 'utf8')) as {
    functions: Record<string, object>;
  };
  for (const [role, entry] of Object.entries(project.functions)) {
    project.functions[role] = { ...entry, timeout: 60, interpreter: program }; // A busy machine is not what is tested here.
  }
  fs.writeFileSync(projectFile, JSON.stringify({ ...project, environment }));
  // What `npm install` would do, for a Node.js that does not run TypeScript.
  const wanted = [
    ...installed,
    ...(language === 'typescript' ? ['esbuild', '@esbuild', '@types'] : []),
  ];
  fs.mkdirSync(path.join(folder, 'node_modules'));
  for (const name of wanted) {
    if (fs.existsSync(path.join(packages, name))) {
      fs.symlinkSync(path.join(packages, name), path.join(folder, 'node_modules', name));
    }
  }
  return folder;
}

function opened(facts: Fact[]): string[] {
  return facts.flatMap((fact) => (fact.kind === 'opened' ? [fact.connection] : []));
}

/** The first fact, past or future, that satisfies. */
export async function until(
  { session, facts }: Served,
  matches: (fact: Fact) => boolean,
): Promise<Fact> {
  const past = facts.find(matches);
  return (
    past ??
    (await new Promise<Fact>((resolve) => {
      const listener = session.onFact((fact) => {
        if (matches(fact)) {
          listener.dispose();
          resolve(fact);
        }
      });
    }))
  );
}
