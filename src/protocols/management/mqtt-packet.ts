/**
 * MQTT control packets (OASIS MQTT 3.1.1 section 2, 5.0 section 2): the fixed header with its variable length, strings,
 * and the properties of version 5, which are passed over.
 */
import { Cursor } from '../../bytes/cursor.ts';
import { u8 } from '../../bytes/read.ts';
import { utf8 } from '../../bytes/text.ts';
import { NEED_MORE, NO_PDU } from '../pdus.ts';

/** Packet types (section 2.2.1). */
export const TYPE = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  disconnect: 14,
  auth: 15,
} as const;

/** Flags that a type must have (section 2.2.2); 16 is any. */
const FLAGS = [0, 0, 0, 16, 0, 0, 2, 0, 2, 0, 2, 0, 0, 0, 0, 0];
const MAX_LENGTH_BYTES = 4;

/** Size of the packet at `at` with its fixed header, for `feedPdus`. */
export function packetSize(bytes: Uint8Array, at: number, end: number): number {
  const first = u8(bytes, at);
  const type = first >>> 4;
  const flags = FLAGS[type]!;
  if (type === 0 || (flags !== 16 && (first & 0x0f) !== flags)) return NO_PDU;
  let length = 0;
  for (let i = 0; i < MAX_LENGTH_BYTES; i++) {
    if (at + 1 + i >= end) return NEED_MORE;
    const byte = u8(bytes, at + 1 + i);
    length += (byte & 0x7f) * 128 ** i;
    if ((byte & 0x80) === 0) return 2 + i + length;
  }
  return NO_PDU;
}

/** Where the variable header begins. */
export function bodyAt(bytes: Uint8Array, at: number): number {
  let next = at + 1;
  while ((u8(bytes, next) & 0x80) !== 0) next++;
  return next + 1;
}

/** Reads the body of a packet. */
export class BodyReader extends Cursor {
  /** Bytes with a two-byte length in front, borrowed. */
  data(): Uint8Array {
    return this.view(this.u16be());
  }

  /** UTF-8 text with a two-byte length in front. */
  text(): string {
    return utf8(this.data());
  }

  /** The properties of version 5 (section 2.2.2), unread. */
  skipProperties(): void {
    let length = 0;
    for (let i = 0; i < MAX_LENGTH_BYTES; i++) {
      const byte = this.u8();
      length += (byte & 0x7f) * 128 ** i;
      if ((byte & 0x80) === 0) {
        this.skip(length);
        return;
      }
    }
    this.broken = true;
  }
}
