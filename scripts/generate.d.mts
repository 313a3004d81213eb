/** The generated files that are kept in the repository, and the text that each must have. */
export function generated(): Promise<Record<string, string>>;
