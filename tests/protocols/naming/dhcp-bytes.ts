/** DHCP and DHCPv6 messages written by hand, for the tests of their decoders. */
import { joined, u16 } from './dns-bytes.ts';

/** Number and data; text stands for its bytes. */
export type Option = readonly [code: number, data: readonly number[] | Uint8Array | string];

const bytesOf = (data: Option[1]): Uint8Array =>
  typeof data === 'string' ? new Uint8Array(Buffer.from(data)) : Uint8Array.from(data);

export interface DhcpParts {
  readonly op?: number;
  readonly xid?: number;
  readonly ciaddr?: readonly number[];
  readonly yiaddr?: readonly number[];
  readonly giaddr?: readonly number[];
  readonly mac?: readonly number[];
  readonly htype?: number;
  readonly file?: Uint8Array | string;
  readonly cookie?: readonly number[];
  readonly options?: readonly Option[];
}

export const MAC = [2, 0, 0, 0, 0, 9] as const;
const NONE = [0, 0, 0, 0] as const;

function padded(data: Option[1], length: number): Uint8Array {
  const field = new Uint8Array(length);
  field.set(bytesOf(data));
  return field;
}

export function dhcpOptions(options: readonly Option[]): Uint8Array {
  return joined(
    ...options.map(([code, data]) => joined(Uint8Array.of(code, bytesOf(data).length), bytesOf(data))),
  );
}

export function dhcpMessage(parts: DhcpParts = {}): Uint8Array {
  const mac = parts.mac ?? MAC;
  const xid = parts.xid ?? 0x3903f326;
  return joined(
    Uint8Array.of(parts.op ?? 1, parts.htype ?? 1, mac.length, 0),
    u16(xid >>> 16, xid & 0xffff, 0, 0),
    Uint8Array.from([
      ...(parts.ciaddr ?? NONE),
      ...(parts.yiaddr ?? NONE),
      ...NONE,
      ...(parts.giaddr ?? NONE),
    ]),
    padded(mac, 16),
    new Uint8Array(64),
    padded(parts.file ?? '', 128),
    Uint8Array.from(parts.cookie ?? [99, 130, 83, 99]),
    dhcpOptions(parts.options ?? [[53, [1]]]),
    Uint8Array.of(255),
  );
}

export function v6Options(options: readonly Option[]): Uint8Array {
  return joined(...options.map(([code, data]) => joined(u16(code, bytesOf(data).length), bytesOf(data))));
}

export function v6Message(type: number, options: readonly Option[], transaction = 0x00ab_cdef): Uint8Array {
  return joined(
    Uint8Array.of(type, (transaction >> 16) & 255, (transaction >> 8) & 255, transaction & 255),
    v6Options(options),
  );
}

/** A relay's message around another. */
export function v6Relayed(type: number, link: Uint8Array, peer: Uint8Array, inner: Uint8Array): Uint8Array {
  return joined(Uint8Array.of(type, 0), link, peer, v6Options([[9, inner]]));
}
