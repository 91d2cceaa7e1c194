/** Messages of CARESCAPE, Datex S/5, MEDIBUS and ISO/IEEE 11073-20601 for tests. */
import { attribute, joined, label, list, u16 } from './intellivue/build.ts';

/** A time synchronisation: address, `unit|room`, seconds since 1970. */
export function timeSync(address: readonly number[], place: string, seconds: number): Uint8Array {
  const bytes = new Uint8Array(64).fill(0x33);
  bytes.set(address, 6);
  bytes.fill(0, 24, 37);
  bytes.set(Buffer.from(place, 'latin1').subarray(0, 13), 24);
  new DataView(bytes.buffer).setUint32(60, seconds + 2_208_988_800);
  return bytes;
}

/** A record of the S/5 interface in its frame. */
export function s5Frame(mainType: number, subrecord: number, size: number, plug = 0x1234): Uint8Array {
  const record = new Uint8Array(size);
  const view = new DataView(record.buffer);
  view.setUint16(0, size, true);
  record[3] = 6;
  view.setUint16(4, plug, true);
  view.setUint16(14, mainType, true);
  record[18] = subrecord;
  record[21] = 0xff;
  record.fill(0x7d, 41, Math.min(size, 43));
  return s5Bytes(record);
}

export function s5Bytes(record: Uint8Array): Uint8Array {
  const sum = record.reduce((total, byte) => (total + byte) & 0xff, 0);
  const escaped = [...record, sum].flatMap(byte =>
    byte === 0x7d || byte === 0x7e ? [0x7d, byte & ~0x20] : [byte],
  );
  return Uint8Array.of(0x7e, ...escaped, 0x7e);
}

export const S5_REQUEST = s5Frame(0, 0, 49, 0);
export const S5_VALUES = s5Frame(0, 1, 1100);

function medibusFrame(introducer: number, content: string): string {
  const body = String.fromCharCode(introducer) + content;
  const sum = [...body].reduce((total, character) => (total + character.charCodeAt(0)) & 0xff, 0);
  return `${body}${sum.toString(16).toUpperCase().padStart(2, '0')}\r`;
}

export const command = (content: string): string => medibusFrame(0x1b, content);
export const reply = (content: string): string => medibusFrame(0x01, content);

/** The association request of annex H in form: agent, system id, configuration. */
export function aarq(systemId: readonly number[], configId: number): Uint8Array {
  return apdu(
    0xe200,
    joined(u16(0x8000, 0), list(joined(u16(20_601), length(information(0x0080, systemId, configId))))),
  );
}

export function aare(result: number, managerId?: readonly number[]): Uint8Array {
  const about = managerId === undefined ? new Uint8Array(0) : information(0x8000, managerId, 0);
  return apdu(0xe300, joined(u16(result, 20_601), length(about)));
}

function information(role: number, systemId: readonly number[], configId: number): Uint8Array {
  return joined(
    u16(0x8000, 0, 0x8000, 0x8000, 0, 0, 0, role, 0),
    length(Uint8Array.from(systemId)),
    u16(configId, 1, 0x0100, 0, 0),
  );
}

function length(content: Uint8Array): Uint8Array {
  return joined(u16(content.length), content);
}

function apdu(choice: number, content: Uint8Array): Uint8Array {
  return joined(u16(choice), length(content));
}

/** A data message around an argument or result. */
export function prst(invokeId: number, choice: number, content: Uint8Array): Uint8Array {
  return apdu(0xe700, length(joined(u16(invokeId, choice), length(content))));
}

export const report = (invokeId: number, event: number, choice = 0x0101): Uint8Array =>
  prst(invokeId, choice, joined(u16(0, 0xffff, 0xffff, event), length(u16(0x4000, 0, 0))));

export const mdsAttributes = (invokeId: number): Uint8Array =>
  prst(
    invokeId,
    0x0203,
    joined(
      u16(0),
      list(
        attribute(0x0a5a, list(u16(4103, 1))),
        attribute(0x0928, joined(label('A&D Medical\0'), label('UA-767\0\0'))),
        attribute(0x092d, list(joined(u16(1, 0), label('SN-5100')), joined(u16(5, 0), label('2.1')))),
        attribute(0x0a44, u16(700)),
      ),
    ),
  );
export const RLRQ = apdu(0xe400, u16(0));
export const RLRE = apdu(0xe500, u16(0));
export const ABRT = apdu(0xe600, u16(0));
