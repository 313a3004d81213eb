import assert from 'node:assert/strict';
import { mask, unmask } from '../../../src/core/gateway/wideMask';

describe('masking four bytes at a time', () => {
  const key = Uint8Array.of(0x12, 0xf4, 0x56, 0x9a);
  /** As the standard says it. */
  const plainly = (bytes: Uint8Array) => bytes.map((byte, n) => byte ^ (key[n & 3] as number));
  const around = Uint8Array.from({ length: 560 }, (_, n) => (n * 37) & 255);

  it('is the same as byte by byte, wherever the bytes begin and end', () => {
    for (let from = 0; from < 8; from++) {
      for (const to of [from, from + 1, 24, 510, 511, 512, 513, 514, 515, 516, 521, 522, 523]) {
        const whole = Uint8Array.from(around);
        const bytes = whole.subarray(from, to);
        const wanted = plainly(bytes);
        unmask(bytes, key);
        assert.deepEqual(bytes, wanted, `${from} to ${to}`);
        assert.deepEqual(whole.subarray(to), around.subarray(to));
        assert.deepEqual(whole.subarray(0, from), around.subarray(0, from));
      }
    }
  });

  it('goes into another buffer, or into its own', () => {
    for (let offset = 0; offset < 4; offset++) {
      const output = new Uint8Array(560);
      mask(around, key, output, offset, 533);
      assert.deepEqual(output.subarray(offset, offset + 533), plainly(around.subarray(0, 533)));
      assert.deepEqual(output.subarray(offset + 533), new Uint8Array(27 - offset));
    }
    const own = Uint8Array.from(around);
    mask(own, key, own, 0, own.length);
    assert.deepEqual(own, plainly(around));
  });
});
