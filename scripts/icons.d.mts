// What tests written in TypeScript use of icons.mjs.
/** The rules of the icons that are named, by default in our sources; `characters` are theirs in the font. */
export function iconsOf(css: string, words?: Set<string>): { css: string; characters: string };
