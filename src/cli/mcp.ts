/** `scfws mcp`: the gateway for coding agents. */
import path from 'node:path';
import { callTool, inputSchema } from '../core/agent/tools';
import { Workplace } from '../core/agent/workplace';
import { workplaceTools } from '../core/agent/workplaceTools';
import { version } from '../../package.json';
import { existingFolder } from './existingFolder';

/** Resolves with the exit code when the agent has gone. */
export async function serveAgents(folders: readonly string[], run: boolean): Promise<number> {
  const { serve } = await import('../mcp/main');
  const place = new Workplace({
    folders: (folders.length === 0 ? ['.'] : folders).map((each) => existingFolder(each, 'mcp')),
    run,
    bootstrapFolder: path.join(__dirname, 'bootstrap'),
  });
  const tools = workplaceTools(place);
  const served = serve({
    version,
    instructions:
      'Runs and explains the three functions of a Tencent Cloud SCF WebSocket API. start_gateway, connect_client, send, wait_for, then explain the number of what surprises you.',
    tools: tools.map((each) => ({ ...each, inputSchema: inputSchema(each) })),
    call: (name, given, signal) => callTool(tools, name, given, place, signal),
  });
  await new Promise((resolve) => {
    void served.then(resolve);
    process.on('SIGINT', resolve).on('SIGTERM', resolve);
  });
  await place.stop();
  return 0;
}
