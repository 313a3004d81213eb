/** What the commands act on; made once, in extension.ts. */
import type * as vscode from 'vscode';
import type { Debugging } from './debug/debugging';
import type { EventBreaks } from './debug/eventBreaks';
import type { Gateway } from './gateway';
import type { Log } from './log';
import type { Projects } from './projects';
import type { Runs } from './runs';
import type { Traffic } from './traffic/traffic';

export interface Parts {
  context: vscode.ExtensionContext;
  projects: Projects;
  gateway: Gateway;
  runs: Runs;
  log: Log;
  traffic: Traffic;
  debugging: Debugging;
  eventBreaks: EventBreaks;
}
