/** DNP3 frames for tests, with a CRC computed bit by bit as IEEE 1815 annex E describes it. */

function crc(bytes: readonly number[]): readonly number[] {
  // The polynomial x16+x13+x12+x11+x10+x8+x6+x5+x2+1, fed with the low bit first, and inverted.
  let register = 0;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const feedback = ((byte >> bit) & 1) ^ (register & 1);
      register >>= 1;
      if (feedback === 1) register ^= 0xa6bc;
    }
  }
  const value = ~register & 0xffff;
  return [value & 0xff, value >> 8];
}

/** A frame with user data; the transport header is its first byte. */
export function dnp3Frame(
  data: readonly number[],
  { fromMaster = true, source = 3, destination = 4 } = {},
): Uint8Array {
  const header = [0x05, 0x64, 5 + data.length, fromMaster ? 0xc4 : 0x44, destination, 0, source, 0];
  const blocks: number[] = [];
  for (let at = 0; at < data.length; at += 16) {
    const block = data.slice(at, at + 16);
    blocks.push(...block, ...crc(block));
  }
  return Uint8Array.from([...header, ...crc(header), ...blocks]);
}

/** A request in one frame. */
export const request = (code: number, ...rest: number[]) => dnp3Frame([0xc1, 0xc1, code, ...rest]);

/** A reply in one frame. */
export const reply = (code: number, iin: number, ...rest: number[]) =>
  dnp3Frame([0xc1, 0xc1, code, iin >> 8, iin & 0xff, ...rest], {
    fromMaster: false,
    source: 4,
    destination: 3,
  });
