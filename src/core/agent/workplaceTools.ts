/** The tools of an agent that has folders and no editor: it starts what it works on by itself. */
import * as z from 'zod';
import { runScenarios } from './scenarios';
import { answer, gatewayTools, startedLines, tool } from './tools';
import type { Tool } from './tools';
import type { Workplace } from './workplace';

export function workplaceTools(place: Workplace): readonly Tool[] {
  return [
    tool({
      name: 'start_gateway',
      description:
        'Runs the three functions of a project (a folder with scfws.json) behind a local WebSocket gateway. Then connect_client.',
      input: {
        folder: z.string().default('.'),
        port: z.number().int().min(0).max(65535).default(0).describe('0: any free port'),
      },
      readOnly: false,
      async run({ folder, port }) {
        const { problems } = await place.start(folder, port);
        return answer(
          place,
          startedLines(
            place,
            problems.map(({ message }) => message),
          ),
        );
      },
    }),

    tool({
      name: 'open_recording',
      description:
        'Reads a recording or a HAR file with WebSocket messages instead of running anything. Then list or explain.',
      input: { file: z.string() },
      readOnly: true,
      async run({ file }) {
        await place.open(file);
        return answer(place, [`${place.witness.last} facts. List them, or explain one.`]);
      },
    }),

    ...gatewayTools,

    tool({
      name: 'run_scenario',
      description:
        'Runs the scenarios (*.wsflow.yaml) of a folder or file against fresh handlers: what failed, at which line, and why.',
      input: {
        path: z.string().default('.'),
        filter: z.string().optional().describe('Part of a name'),
      },
      readOnly: false,
      run: ({ path, filter }, _place, signal) => runScenarios(place, path, filter, signal),
    }),
  ];
}
