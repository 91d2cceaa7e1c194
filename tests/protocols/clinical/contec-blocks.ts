/** Blocks of a Contec monitor for tests. */

/** A block of `type` around `data`. */
export function block(type: number, data: Uint8Array | readonly number[] = []): Uint8Array {
  const length = data.length + 2;
  return Uint8Array.of(length & 0xff, length >> 8, 0x05, type, ...data);
}

export const SYNC = block(0x47);

export function bed(number: number): Uint8Array {
  return block(0x45, [0, 0, number, 0xff]);
}

/** Measurements of one lead; the ECG block has as many bytes as a real one. */
export function measurements(lead: number): Uint8Array {
  const data = new Uint8Array({ 20: 0x3d3, 21: 0x114, 22: 0x23, 23: 0x2e }[lead] ?? 8).fill(0x55);
  data.set([0, 0, lead, 0]);
  return block(0x46, data);
}

export interface Patient {
  readonly department?: string;
  readonly bed?: number;
  readonly name?: string;
  readonly number?: string;
  readonly birth?: readonly [string, string, string];
  readonly doctor?: string;
}

export function patient(who: Patient): Uint8Array {
  const data = new Uint8Array(0xb0);
  const put = (at: number, text = ''): void => data.set(Buffer.from(text, 'latin1'), at);
  put(0, who.department);
  data[0x22] = who.bed ?? 0;
  put(0x23, who.name);
  put(0x43, who.number);
  put(0x63, '2026\x0001\x0002\x00');
  const [year, month, day] = who.birth ?? ['', '', ''];
  put(0x7c, year);
  put(0x81, month);
  put(0x84, day);
  put(0x8d, who.doctor);
  return block(0x3e, data);
}

export const CANARY_PATIENT: Patient = {
  department: 'ICU 2',
  bed: 7,
  name: 'CANARYLAST CANARYFIRST',
  number: 'MRN-CANARY-7731',
  birth: ['1947', '02', '29'],
  doctor: 'CANARYDOC',
};

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
