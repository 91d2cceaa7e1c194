/** DCE/RPC packets made by hand (C706 chapter 12). */
import { joined } from '../ber-bytes.ts';
import { le16, le32 } from './little-endian.ts';

/** UUID in the byte order of little-endian packets. */
export function uuidBytes(uuid: string): Uint8Array {
  const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex');
  return joined(
    bytes.subarray(0, 4).reverse(),
    bytes.subarray(4, 6).reverse(),
    bytes.subarray(6, 8).reverse(),
    bytes.subarray(8),
  );
}

export function pdu(
  type: number,
  callId: number,
  body: Uint8Array,
  auth: Uint8Array = new Uint8Array(0),
  flags = 3,
): Uint8Array {
  const trailer = auth.length === 0 ? new Uint8Array(0) : joined([9, 5, 0, 0, 0, 0, 0, 0], auth);
  const length = 16 + body.length + trailer.length;
  const header = joined([5, 0, type, flags, 0x10, 0, 0, 0], le16(length), le16(auth.length), le32(callId));
  return joined(header, body, trailer);
}

const NDR = joined(uuidBytes('8a885d04-1ceb-11c9-9fe8-08002b104860'), le32(2));

export const bind = (uuid: string, callId = 1, auth?: Uint8Array, context = 0): Uint8Array =>
  pdu(
    11,
    callId,
    joined(
      le16(5840),
      le16(5840),
      le32(0),
      [1, 0, 0, 0],
      le16(context),
      [1, 0],
      uuidBytes(uuid),
      le32(1),
      NDR,
    ),
    auth,
  );

export const bindAck = (address: string, callId = 1, auth?: Uint8Array): Uint8Array =>
  pdu(
    12,
    callId,
    joined(
      le16(5840),
      le16(5840),
      le32(1),
      le16(address.length + 1),
      address,
      [0],
      [1, 0, 0, 0, 0, 0, 0, 0],
      NDR,
    ),
    auth,
  );

export const request = (operation: number, callId: number, stub = 'arguments', flags = 3): Uint8Array =>
  pdu(0, callId, joined(le32(stub.length), le16(0), le16(operation), stub), undefined, flags);

export const response = (callId: number, stub: Uint8Array | string = 'result', flags = 3): Uint8Array =>
  pdu(2, callId, joined(le32(stub.length), le16(0), [0, 0], stub), undefined, flags);

export const fault = (callId: number, status: number): Uint8Array =>
  pdu(3, callId, joined(le32(0), le16(0), [0, 0], le32(status), le32(0)));

/** Body of an answer of the endpoint mapper that names a TCP port. */
export function mapped(port: number): Uint8Array {
  const floor = (left: Uint8Array | number[], right: Uint8Array | number[]) =>
    joined(le16(left.length), left, le16(right.length), right);
  const tower = joined(
    le16(5),
    floor(joined([0x0d], new Uint8Array(18)), [0, 0]),
    floor(joined([0x0d], new Uint8Array(18)), [0, 0]),
    floor([0x0b], [0, 0]),
    floor([0x07], [port >> 8, port & 255]),
    floor([0x09], [10, 0, 0, 2]),
  );
  return joined(
    new Uint8Array(20),
    le32(1),
    le32(1),
    le32(0),
    le32(1),
    le32(3),
    le32(tower.length),
    le32(tower.length),
    tower,
  );
}
