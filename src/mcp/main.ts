/**
 * The Model Context Protocol over standard input and output (dist/mcp.js). Knows the protocol's own library, which is
 * large, and none of the tools: the command line loads it for `scfws mcp` alone.
 */
import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';

export interface Toolset {
  version: string;
  /** What an agent is told of the whole. */
  instructions: string;
  tools: readonly {
    name: string;
    description: string;
    /** A JSON schema of an object. */
    inputSchema: Record<string, unknown>;
    readOnly: boolean;
  }[];
  /** Never rejects. `signal`: the agent does not wait any more. */
  call(
    name: string,
    given: unknown,
    signal: AbortSignal,
  ): Promise<{ text: string; failed: boolean }>;
}

/** The library closes it for more than the end of input: a line longer than 10 MiB, an agent that reads no more. */
class Wire extends StdioServerTransport {
  private gone = (): void => undefined;
  readonly closed = new Promise<void>((resolve) => (this.gone = resolve));

  override async close(): Promise<void> {
    await super.close();
    this.gone();
  }
}

/** Resolves when the connection has ended; nothing is answered after that. */
export async function serve({ version, instructions, tools, call }: Toolset): Promise<void> {
  const list = tools.map(({ name, description, inputSchema, readOnly }) => ({
    name,
    description,
    inputSchema: { ...inputSchema, type: 'object' as const },
    annotations: { readOnlyHint: readOnly, openWorldHint: false, destructiveHint: false },
  }));
  /** One for each connection and revision of the protocol; what runs is the same for all. */
  const createServer = (): McpServer => {
    const whole = new McpServer(
      { name: 'scfws', version },
      { capabilities: { tools: {} }, instructions },
    );
    // The tools have schemas already, and judge their arguments themselves.
    const { server } = whole;
    server.setRequestHandler('tools/list', () => ({ tools: list }));
    server.setRequestHandler('tools/call', async ({ params }, { mcpReq }) => {
      const { text, failed } = await call(params.name, params.arguments, mcpReq.signal);
      return { content: [{ type: 'text', text }], ...(failed && { isError: true }) };
    });
    return whole;
  };
  const transport = new Wire();
  serveStdio(createServer, {
    transport,
    onerror: (error) => process.stderr.write(`scfws: ${error.message}\n`),
  });
  await transport.closed;
}
