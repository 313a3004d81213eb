/** `${variables}` of saved messages. `$${` is a plain `${`. */

/** Names that the inspector fills by itself for each message sent. */
export const builtInVariables = ['uuid', 'now', 'counter', 'connection', 'client'] as const;

const pattern = /\$?\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** Names in the order of their first use, without the built-in ones. */
export function variablesOf(template: string): string[] {
  const names = new Set<string>();
  for (const match of template.matchAll(pattern)) {
    const name = match[1]!;
    if (!match[0].startsWith('$$') && !(builtInVariables as readonly string[]).includes(name)) {
      names.add(name);
    }
  }
  return [...names];
}

/**
 * Inside a JSON string a value is escaped, so that a quote in it does not break the message. Unknown names
 * stay as they are.
 */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(pattern, (whole, name: string, offset: number) => {
    if (whole.startsWith('$$')) {
      return whole.slice(1);
    }
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) {
      return whole;
    }
    return isInsideJsonString(template, offset) ? JSON.stringify(value).slice(1, -1) : value;
  });
}

function isInsideJsonString(template: string, offset: number): boolean {
  if (!/^\s*[{[]/.test(template)) {
    return false;
  }
  let inside = false;
  for (let at = 0; at < offset; at++) {
    if (template[at] === '\\' && inside) {
      at += 1;
    } else if (template[at] === '"') {
      inside = !inside;
    }
  }
  return inside;
}
