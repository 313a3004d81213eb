/** Whole payloads, fetched when they are looked at, and the forms in which one can be read. */
import type { InspectorModel } from '../model';
import { rowFlag as flag } from '../../protocol/facts/row';

export interface Payload {
  /** Undefined for binary ones. */
  text?: string;
  bytes: Uint8Array;
  /** False when only the beginning is known: the session has given the rest up, or is gone. */
  whole: boolean;
}

/** More than this is only shown in part; an editor tab is the place for all of it. */
export const shownCharacters = 200_000;

const cached = new Map<string, Promise<Payload>>();

/** The payload of a frame or push, or what a run's fact holds (its event, its result). */
export function loadPayload(model: InspectorModel, row: number): Promise<Payload> {
  const { store } = model;
  const seq = store.seq(row);
  const flags = store.flags(row);
  const binary = store.kind(row) === 'binary' || (flags & flag.binary) !== 0;
  const preview = store.text(row);
  if ((flags & flag.more) === 0) {
    return Promise.resolve(payloadOf(preview, binary ? 'base64' : 'text', true));
  }
  return loadFact(model, store.sessionOf(row), seq).then(
    (payload) => payload ?? payloadOf(preview, binary ? 'base64' : 'text', false),
  );
}

export async function loadFact(
  model: InspectorModel,
  session: number,
  seq: number,
): Promise<Payload | null> {
  if (session !== model.store.session) {
    return null;
  }
  const key = `${session}/${seq}`;
  let promise = cached.get(key);
  if (!promise) {
    promise = model.host.ask('payload', { seq }).then((answer) => {
      if (!answer) {
        throw new Error('given up');
      }
      return payloadOf(answer.data, answer.encoding, true);
    });
    cached.set(key, promise);
    if (cached.size > 20) {
      cached.delete(cached.keys().next().value!);
    }
  }
  try {
    return await promise;
  } catch {
    cached.delete(key);
    return null;
  }
}

function payloadOf(data: string, encoding: 'text' | 'base64', whole: boolean): Payload {
  if (encoding === 'text') {
    return { text: data, bytes: new TextEncoder().encode(data), whole };
  }
  return { bytes: fromBase64(data) ?? new Uint8Array(), whole };
}

/** Null when the text is no base64. A cut one is read up to its last whole group. */
export function fromBase64(text: string): Uint8Array | null {
  const plain = text.replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(plain)) {
    return null;
  }
  const groups = plain.replace(/-/g, '+').replace(/_/g, '/').replace(/=+$/, '');
  const usable = groups.length % 4 === 1 ? groups.slice(0, -1) : groups;
  try {
    return Uint8Array.from(atob(usable), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(binary);
}

/** Text that looks like base64 of something: long enough and of the right alphabet. */
export function looksLikeBase64(text: string): boolean {
  return text.length >= 16 && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}
