import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { XxHash32, XxHash64 } from '../../../src/capture/compression/xxhash.ts';

const ENGLISH = 'Nobody inspects the spammish repetition';

interface Hash {
  update(bytes: Uint8Array): void;
  digest(): number | bigint;
}

// Of the test vectors of the algorithm's own specification and of its ports.
const HASHES: [string, () => Hash, [string, number | bigint][]][] = [
  [
    'xxHash32',
    () => new XxHash32(),
    [
      ['', 0x02cc_5d05],
      ['abc', 0x32d1_53ff],
      [ENGLISH, 0xe229_3b2f],
    ],
  ],
  [
    'xxHash64',
    () => new XxHash64(),
    [
      ['', 0xef46_db37_51d8_e999n],
      ['abc', 0x44bc_2cf5_ad77_0999n],
      [ENGLISH, 0xfbce_a83c_8a37_8bf1n],
    ],
  ],
];

describe.each(HASHES)('%s', (_, make, vectors) => {
  it.each(vectors)('of %j', (text, digest) => {
    const hash = make();
    hash.update(Buffer.from(text));
    expect(hash.digest()).toBe(digest);
  });

  it('does not depend on how its bytes are cut', () => {
    const bytes = new Uint8Array(randomBytes(300));
    fc.assert(
      fc.property(fc.nat(300), fc.array(fc.nat(70)), (length, sizes) => {
        const [whole, pieces] = [make(), make()];
        whole.update(bytes.subarray(0, length));
        let at = 0;
        for (const size of [...sizes, length]) {
          const end = Math.min(at + size, length);
          pieces.update(bytes.subarray(at, end));
          at = end;
        }
        expect(pieces.digest()).toBe(whole.digest());
      }),
    );
  });
});
