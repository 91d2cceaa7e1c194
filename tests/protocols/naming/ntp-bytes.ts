/** NTP messages written by hand, for the tests of the decoder. */
import { joined, u16 } from './dns-bytes.ts';

export interface NtpParts {
  readonly mode: number;
  readonly version?: number;
  readonly stratum?: number;
  readonly poll?: number;
  readonly precision?: number;
  readonly rootDelay?: number;
  readonly rootDispersion?: number;
  readonly reference?: readonly number[];
  /** Reference, originate and receive time, eight bytes each. */
  readonly times?: readonly [Uint8Array, Uint8Array, Uint8Array];
  readonly transmit?: Uint8Array;
}

const NO_TIME = new Uint8Array(8);
const word = (value: number): Uint8Array => u16(value >>> 16, value & 0xffff);

export function ntpMessage(parts: NtpParts): Uint8Array {
  const first = ((parts.version ?? 4) << 3) | parts.mode;
  return joined(
    Uint8Array.of(first, parts.stratum ?? 0, parts.poll ?? 0, (parts.precision ?? 0) & 255),
    word(parts.rootDelay ?? 0),
    word(parts.rootDispersion ?? 0),
    Uint8Array.from(parts.reference ?? [0, 0, 0, 0]),
    ...(parts.times ?? [NO_TIME, NO_TIME, NO_TIME]),
    parts.transmit ?? NO_TIME,
  );
}
