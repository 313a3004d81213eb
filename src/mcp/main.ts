/** `scfws mcp`, a program of its own (dist/mcp.js): the gateway for coding agents, by the Model Context Protocol. */
import path from 'node:path';
import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';
import { sentenceOf, UserError } from '../core/errors';
import { answerBudget } from './answer';
import { tools } from './tools';
import { Workplace } from './workplace';
import { version } from '../../package.json';

/** What the command line passes on; see its table of commands. */
interface Wishes {
  folders?: string[];
  run?: boolean;
}

const wishes = JSON.parse(process.argv[2] ?? '{}') as Wishes;
const folders = wishes.folders ?? [];
const place = new Workplace({
  folders: (folders.length === 0 ? ['.'] : folders).map((each) => path.resolve(each)),
  run: wishes.run === true,
  bootstrapFolder: path.join(__dirname, 'bootstrap'),
});

/** One for each connection and revision of the protocol; what runs is the same for all. */
function createServer(): McpServer {
  const server = new McpServer(
    { name: 'scfws', version },
    {
      capabilities: { tools: {} },
      instructions:
        'Runs and explains the three functions of a Tencent Cloud SCF WebSocket API. start_gateway, connect_client, send, wait_for, then explain the number of what surprises you.',
    },
  );
  for (const { name, description, input, readOnly, run } of tools) {
    server.registerTool(
      name,
      {
        description,
        inputSchema: z.object(input),
        annotations: { readOnlyHint: readOnly, openWorldHint: false, destructiveHint: false },
      },
      async (values, { mcpReq }) => {
        try {
          if (!readOnly) {
            place.mayRun();
          }
          const text = await run(values, place, mcpReq.signal);
          return { content: [{ type: 'text', text: text.slice(0, answerBudget) }] };
        } catch (error) {
          const text = error instanceof UserError ? sentenceOf(error) : String(error);
          return { content: [{ type: 'text', text: text.slice(0, answerBudget) }], isError: true };
        }
      },
    );
  }
  return server;
}

serveStdio(createServer, { onerror: (error) => process.stderr.write(`${error.message}\n`) });

let ending: Promise<void> | undefined;
const end = (): void => {
  ending ??= place.stop().finally(() => process.exit(0));
};
process.stdin.on('end', end);
process.stdin.on('close', end);
process.on('SIGINT', end);
process.on('SIGTERM', end);
