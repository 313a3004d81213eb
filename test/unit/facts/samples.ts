/** Facts of every kind, made from the table of facts alone, so that a new kind or member is among them by itself. */
import type { Fact, FactKind } from '../../../src/protocol/fact';
import type { Node, Outside } from '../../../src/protocol/facts/shape';
import { facts } from '../../../src/protocol/facts/table';

/** A text that stands where one from outside may stand. */
export type Put = (outside: Outside, path: string) => string;

/** The value of a node with everything in it that may be there. */
export function sampleOf(
  node: Node,
  put: Put,
  path: string,
  holder: Record<string, unknown>,
): unknown {
  switch (node.is) {
    case 'own':
      return 'own';
    case 'outside': {
      const text = put(node, path);
      return node.use === 'preview' && holder['type'] === 'binary'
        ? Buffer.from(text).toString('base64')
        : text;
    }
    case 'word':
      return node.words[0];
    case 'number':
      return 7;
    case 'flag':
      return true;
    case 'list':
      return node.of.is === 'variants'
        ? Object.entries(node.of.of).map(([tag, members]) => ({
            [(node.of as Extract<Node, { is: 'variants' }>).tag]: tag,
            ...membersOf(members, put, `${path}.${tag}`),
          }))
        : [sampleOf(node.of, put, `${path}[]`, holder)];
    case 'record':
      return { authorization: sampleOf(node.of, put, `${path}.authorization`, holder) };
    case 'object':
      return membersOf(node.members, put, path);
    case 'variants':
      throw new Error('only lists of variants are known here');
    case 'orNull':
    case 'optional':
      return sampleOf(node.of, put, path, holder);
  }
}

function membersOf(
  members: Record<string, Node>,
  put: Put,
  path: string,
  values: Record<string, unknown> = {},
): Record<string, unknown> {
  const made: Record<string, unknown> = { ...values };
  // Texts last: what a preview is depends on the type beside it.
  const isText = (node: Node): boolean =>
    node.is === 'outside' || ('of' in node && node.is !== 'variants' && isText(node.of));
  const names = Object.keys(members).sort(
    (a, b) => Number(isText(members[a]!)) - Number(isText(members[b]!)),
  );
  for (const name of names) {
    made[name] ??= sampleOf(members[name]!, put, `${path}.${name}`, made);
  }
  return made;
}

export function sampleFact(
  kind: FactKind,
  seq: number,
  put: Put,
  values: Record<string, unknown> = {},
): Fact {
  const members = facts[kind].members as Record<string, Node>;
  return { seq, at: seq, kind, ...membersOf(members, put, kind, values) } as unknown as Fact;
}
