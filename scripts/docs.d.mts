/** Text of each generated page, by its path in the repository. */
export function renderDocs(): Promise<Record<string, string>>;
