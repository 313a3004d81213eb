/** `scfws attach`: tells what a node of the gateway does, without touching it. */
import * as l10n from '@vscode/l10n';
import { attachNode } from '../core/attachNode';
import { startNarration } from './narrate';
import { untilSignal } from './signals';

export interface AttachWish {
  url: string;
  secret: string;
  sample: number;
  json: boolean;
}

export async function attach({ url, secret, sample, json }: AttachWish): Promise<number> {
  const narrate = startNarration();
  const node = await attachNode({
    ...{ url, secret, sample },
    onFact(fact) {
      const line = json ? JSON.stringify(fact) : narrate(fact);
      if (line !== undefined) {
        process.stdout.write(`${line}\n`);
      }
    },
  });
  const code = await Promise.race([
    node.ended.then(() => {
      process.stderr.write(`${l10n.t('The node has ended.')}\n`);
      return 1;
    }),
    untilSignal().then(() => 0),
  ]);
  node.detach();
  return code;
}
