// What tests written in TypeScript use of targets.mjs.
/** Memory of a process and of all that it started, KiB: what they share is counted once (Pss). */
export function treeKib(pid: number): number;
