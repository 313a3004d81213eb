/** The tools that agents of the editor have. Knows nothing of the editor: package.json is made of it. */
import { answer, gatewayTools, startedLines, tool } from '../../core/agent/tools';
import type { Tool } from '../../core/agent/tools';

/** Names of tools are one space for all extensions. */
export const toolPrefix = 'scfws_';

/** `start` resolves when clients can connect. */
export function editorTools(start: () => Promise<void>): readonly Tool[] {
  return [
    tool({
      name: 'start_gateway',
      description:
        "Runs the functions of this window's projects (folders with scfws.json) behind a local WebSocket gateway. Then connect_client.",
      input: {},
      readOnly: false,
      async run(_input, place) {
        await start();
        return answer(place, startedLines(place, []));
      },
    }),
    ...gatewayTools,
  ];
}
