/** Which functions of a file can be handlers, and of which roles its code speaks. Read by shape; runs nothing. Pure. */
import type { Role, RuntimeFamily } from '../../protocol/project';

/** Names that a handler may be called by in this text, the likeliest first. */
export function handlerNames(text: string, family: RuntimeFamily): string[] {
  const names = family === 'python' ? pythonNames(text) : family === 'node' ? nodeNames(text) : [];
  const usual = ['main_handler', 'handler', 'main'];
  const rank = (name: string) => (usual.includes(name) ? usual.indexOf(name) : usual.length);
  return [...new Set(names)].sort((one, other) => rank(one) - rank(other));
}

/** Functions of two parameters at the start of a line, and names that are brought in or assigned there. */
function pythonNames(text: string): string[] {
  const defined = [
    ...text.matchAll(
      /^(?:async\s+)?def\s+([\p{L}_][\p{L}\p{N}_]*)\s*\(\s*\*?[\p{L}_]\w*\s*(?::[^,()]*)?,\s*\*{0,2}[\p{L}_]\w*[^()]*\)/gmu,
    ),
    ...text.matchAll(/^(main_handler|handler)\s*=/gm),
    ...text.matchAll(/^from\s+\S+\s+import\s+.*\b(main_handler)\b/gm),
  ];
  return defined.map(([, name = '']) => name);
}

function nodeNames(text: string): string[] {
  const id = '([\\p{L}_$][\\p{L}\\p{N}_$]*)';
  const single = [
    ...text.matchAll(new RegExp(`^\\s*(?:module\\.)?exports\\.${id}\\s*=`, 'gmu')),
    ...text.matchAll(new RegExp(`^\\s*export\\s+(?:async\\s+)?function\\s*\\*?\\s*${id}`, 'gmu')),
    ...text.matchAll(new RegExp(`^\\s*export\\s+(?:const|let|var)\\s+${id}`, 'gmu')),
  ].map(([, name = '']) => name);
  const lists = [
    ...text.matchAll(/^\s*module\.exports\s*=\s*\{([^{}]*)\}/gm),
    ...text.matchAll(/^\s*export\s*\{([^{}]*)\}/gm),
  ].flatMap(([, list = '']) =>
    list.split(',').flatMap((each) => {
      const named = /^\s*(?:[\w$]+\s+as\s+)?([\w$]+)\s*(?::.*)?$/su.exec(each)?.[1];
      return named === undefined ? [] : [named];
    }),
  );
  const methods = [...text.matchAll(/^\s*module\.exports\s*=\s*\{\s*(?:async\s+)?([\w$]+)\s*\(/gm)];
  return [...single, ...lists, ...methods.map(([, name = '']) => name)];
}

/** Roles whose action the code names; none where it does not speak of WebSocket. */
export function rolesSpoken(text: string): Role[] {
  if (!/secConnectionID|websocket/i.test(text)) {
    return [];
  }
  const named = (action: string) => new RegExp(`['"\`]${action}['"\`]`).test(text);
  const spoken: Role[] = ['transfer'];
  if (named('connecting')) {
    spoken.unshift('register');
    // A push names "closing", too: only with "connecting" does the code tell one event from another.
    if (named('closing')) {
      spoken.push('cleanup');
    }
  }
  return spoken;
}
