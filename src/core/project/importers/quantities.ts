/** Times and sizes as people write them for other tools: `30s`, `1m30s`, `128MB`, `0x3c`, `1_000`. */

export type Unit = 's' | 'MB';

/** How much of the unit each word stands for. A capital M alone is no minute. */
const words: Readonly<Record<Unit, readonly (readonly [RegExp, number])[]>> = {
  s: [
    [/^(ms|msecs?|millis(econds?)?|毫秒)$/i, 0.001],
    [/^(s|secs?|seconds?|秒|秒钟)$/i, 1],
    [/^(m|分|分钟)$/, 60],
    [/^(mins?|minutes?)$/i, 60],
    [/^(h|hrs?|hours?|小时)$/i, 3600],
  ],
  MB: [
    [/^(k|kb|kib|ki)$/i, 1 / 1024],
    [/^(m|mb|mib|mi|megabytes?|兆)$/i, 1],
    [/^(g|gb|gib|gi|gigabytes?)$/i, 1024],
  ],
};

/**
 * A number without a unit is one of the unit. Undefined: it has no meaning, or more than one (`010` is 8 for older
 * readers of YAML, `1:30` is 90 for those, an hour and a half for people).
 */
export function quantityOf(written: string, unit: Unit): number | undefined {
  const text = written.trim().replace(/(?<=\d)_(?=\d)/g, '');
  if (/^[-+]?0\d/.test(text)) {
    return undefined;
  }
  if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$|^0(x[\da-f]+|o[0-7]+|b[01]+)$/i.test(text)) {
    const number = Number(text);
    return Number.isFinite(number) ? number : undefined;
  }
  // ISO 8601 has capitals.
  const plain = unit === 's' && /^PT[\d.HMS]+$/.test(text) ? text.slice(2).toLowerCase() : text;
  const parts = [...plain.matchAll(/(\d+(?:\.\d+)?|\.\d+)\s*([a-z]+|[^\s\d.]+)\s*/giy)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== plain) {
    return undefined;
  }
  let sum = 0;
  for (const [, number = '', word = ''] of parts) {
    const known = words[unit].find(([pattern]) => pattern.test(word));
    if (known === undefined) {
      return undefined;
    }
    sum += Number(number) * known[1];
  }
  return unit === 'MB' && parts.length > 1 ? undefined : sum;
}
