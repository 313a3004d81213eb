import { failures } from './failures';
import type { Script } from './scene';

export const script: Script = { languages: ['python'], play: failures };
