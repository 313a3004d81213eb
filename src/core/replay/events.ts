/** What `scfws replay --json` prints for a host, one a line. */
export type ReplayEvent =
  | { replay: 'progress'; number: number; done: number; of: number }
  | {
      replay: 'ended';
      same: boolean;
      counts: string;
      left: string[];
      different: string[];
      recorded: string;
      replayed: string;
      /** Of those that a difference is about. */
      connections: string[];
    }
  | { replay: 'failed'; message: string };
