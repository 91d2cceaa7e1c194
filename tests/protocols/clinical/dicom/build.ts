/**
 * Builds DICOM traffic for tests: PDUs of PS3.8 section 9.3, command sets of PS3.7, data sets of PS3.5. Builders of
 * parts with a length can be told to lie about it.
 */

/** 1.2.840.10008 and its well-known branches. */
export const UID = {
  verification: '1.2.840.10008.1.1',
  ct: '1.2.840.10008.5.1.4.1.1.2',
  patientFind: '1.2.840.10008.5.1.4.1.2.1.1',
  studyMove: '1.2.840.10008.5.1.4.1.2.2.2',
  studyGet: '1.2.840.10008.5.1.4.1.2.2.3',
  implicit: '1.2.840.10008.1.2',
  explicitLittle: '1.2.840.10008.1.2.1',
  explicitBig: '1.2.840.10008.1.2.2',
  deflated: '1.2.840.10008.1.2.1.99',
  jpeg: '1.2.840.10008.1.2.4.50',
} as const;

const APPLICATION_CONTEXT = '1.2.840.10008.3.1.1.1';

export function bytes(...pieces: (Uint8Array | string | number)[]): Uint8Array {
  return new Uint8Array(
    Buffer.concat(
      pieces.map(piece =>
        typeof piece === 'number' ? Buffer.from([piece]) : Buffer.from(piece as string, 'latin1'),
      ),
    ),
  );
}

export function u16(value: number, little = false): Uint8Array {
  return little ? bytes(value & 255, value >> 8) : bytes(value >> 8, value & 255);
}

export function u32(value: number, little = false): Uint8Array {
  const buffer = Buffer.alloc(4);
  if (little) buffer.writeUInt32LE(value);
  else buffer.writeUInt32BE(value);
  return new Uint8Array(buffer);
}

export function pdu(type: number, body: Uint8Array, length = body.length): Uint8Array {
  return bytes(type, 0, u32(length), body);
}

export function item(type: number, body: Uint8Array | string): Uint8Array {
  return bytes(type, 0, u16(body.length), body);
}

export interface Context {
  readonly id: number;
  readonly abstract: string;
  readonly transfers?: readonly string[];
}

export interface AssociateOptions {
  readonly called?: string;
  readonly calling?: string;
  readonly contexts?: readonly Context[];
  readonly maxPdu?: number;
  readonly implementation?: string;
  readonly version?: string;
  readonly identity?: Uint8Array;
}

export function associateRq(options: AssociateOptions = {}): Uint8Array {
  const contexts = options.contexts ?? [{ id: 1, abstract: UID.ct }];
  return pdu(
    1,
    bytes(
      u16(1),
      u16(0),
      (options.called ?? 'PACS').padEnd(16),
      (options.calling ?? 'CT01').padEnd(16),
      new Uint8Array(32),
      item(0x10, APPLICATION_CONTEXT),
      ...contexts.map(context =>
        item(
          0x20,
          bytes(
            context.id,
            0,
            0,
            0,
            item(0x30, context.abstract),
            ...(context.transfers ?? [UID.implicit]).map(syntax => item(0x40, syntax)),
          ),
        ),
      ),
      userInformation(options),
    ),
  );
}

export interface AcceptOptions extends Omit<AssociateOptions, 'contexts'> {
  /** Accepted transfer syntax by context; a number is the reason of its rejection. */
  readonly contexts?: readonly (readonly [id: number, syntax: string | number])[];
}

export function associateAc(options: AcceptOptions = {}): Uint8Array {
  const { contexts = [[1, UID.implicit]], ...user } = options;
  return pdu(
    2,
    bytes(
      u16(1),
      u16(0),
      'ECHOED-CALLED'.padEnd(16),
      'ECHOED-CALLING'.padEnd(16),
      new Uint8Array(32),
      item(0x10, APPLICATION_CONTEXT),
      ...contexts.map(([id, syntax]) =>
        item(
          0x21,
          typeof syntax === 'string'
            ? bytes(id, 0, 0, 0, item(0x40, syntax))
            : bytes(id, 0, syntax, 0, item(0x40, '')),
        ),
      ),
      userInformation({ implementation: '1.2.3.4', version: 'ACCEPTOR_1', ...user }),
    ),
  );
}

function userInformation(options: AssociateOptions): Uint8Array {
  return item(
    0x50,
    bytes(
      item(0x51, u32(options.maxPdu ?? 16384)),
      item(0x52, options.implementation ?? '1.2.276.0.7230010.3.0.3.6.7'),
      item(0x55, options.version ?? 'OFFIS_DCMTK_367'),
      options.identity ?? '',
    ),
  );
}

/** User identity sub-item of a request (PS3.7 table D.3-14). */
export function identity(type: number, primary: string, secondary = ''): Uint8Array {
  return item(0x58, bytes(type, 0, u16(primary.length), primary, u16(secondary.length), secondary));
}

/** The acceptor's answer to a user identity. */
export const IDENTITY_ANSWER = item(0x59, u16(0));

export function associateRj(result: number, source: number, reason: number): Uint8Array {
  return pdu(3, bytes(0, result, source, reason));
}

export function abort(source: number, reason: number): Uint8Array {
  return pdu(7, bytes(0, 0, source, reason));
}

export const RELEASE_RQ = pdu(5, new Uint8Array(4));
export const RELEASE_RP = pdu(6, new Uint8Array(4));

export const COMMAND = 1;
export const LAST = 2;

export function pdv(
  context: number,
  control: number,
  content: Uint8Array,
  length = content.length + 2,
): Uint8Array {
  return bytes(u32(length), context, control, content);
}

export function pData(...pdvs: Uint8Array[]): Uint8Array {
  return pdu(4, bytes(...pdvs));
}

export type CommandElements = readonly (readonly [element: number, value: Uint8Array | string | number])[];

/** A command set with its group length; numbers are US, texts padded to even length. */
export function commandSet(elements: CommandElements): Uint8Array {
  const body = bytes(
    ...elements.map(([element, value]) => {
      const content =
        typeof value === 'number' ? u16(value, true) : typeof value === 'string' ? even(value) : value;
      return bytes(u16(0, true), u16(element, true), u32(content.length, true), content);
    }),
  );
  return bytes(u16(0), u16(0), u32(4, true), u32(body.length, true), body);
}

function even(text: string, padding = '\0'): Uint8Array {
  return bytes(text.length % 2 === 0 ? text : text + padding);
}

export const HAS_DATASET = 0x0102;
export const NO_DATASET = 0x0101;

/** Command set in one PDU of its own. */
export function command(elements: CommandElements, context = 1): Uint8Array {
  return pData(pdv(context, COMMAND | LAST, commandSet(elements)));
}

export function dataset(content: Uint8Array, context = 1): Uint8Array {
  return pData(pdv(context, LAST, content));
}

export function storeRq(messageId = 1, sopClass: string = UID.ct): CommandElements {
  return [
    [0x0002, sopClass],
    [0x0100, 0x0001],
    [0x0110, messageId],
    [0x0700, 0],
    [0x0800, HAS_DATASET],
    [0x1000, '1.2.3.4.5'],
  ];
}

export function response(
  operation: number,
  messageId: number,
  status: number,
  more: CommandElements = [],
): CommandElements {
  return [[0x0100, operation | 0x8000], [0x0120, messageId], [0x0800, NO_DATASET], [0x0900, status], ...more];
}

/** How elements are written. */
export interface Writing {
  readonly explicitVr: boolean;
  readonly little: boolean;
}

export const IMPLICIT: Writing = { explicitVr: false, little: true };
export const EXPLICIT: Writing = { explicitVr: true, little: true };
export const BIG: Writing = { explicitVr: true, little: false };

export const UNDEFINED = 0xffffffff;
const LONG = new Set(['OB', 'OW', 'SQ', 'UN', 'UT']);

export function element(
  writing: Writing,
  group: number,
  number: number,
  vr: string,
  value: Uint8Array | string,
  length?: number,
): Uint8Array {
  const { little, explicitVr } = writing;
  const content = typeof value === 'string' ? even(value, ' ') : value;
  const size = length ?? content.length;
  const tag = bytes(u16(group, little), u16(number, little));
  if (!explicitVr || vr === '') return bytes(tag, u32(size, little), content);
  if (LONG.has(vr)) return bytes(tag, vr, u16(0), u32(size, little), content);
  return bytes(tag, vr, u16(size, little), content);
}

export function sequenceItem(writing: Writing, content: Uint8Array, undefinedLength = false): Uint8Array {
  if (!undefinedLength) return element(writing, 0xfffe, 0xe000, '', content);
  return bytes(
    element(writing, 0xfffe, 0xe000, '', content, UNDEFINED),
    element(writing, 0xfffe, 0xe00d, '', ''),
  );
}

export function sequence(
  writing: Writing,
  group: number,
  number: number,
  items: readonly Uint8Array[],
  undefinedLength = false,
): Uint8Array {
  const content = bytes(...items);
  if (!undefinedLength) return element(writing, group, number, 'SQ', content);
  return bytes(
    element(writing, group, number, 'SQ', content, UNDEFINED),
    element(writing, 0xfffe, 0xe0dd, '', ''),
  );
}

/** Values planted as patient data: none of them may leave a decoder. */
export const CANARIES = [
  'CANARY^PATIENT',
  'CANARYMRN77',
  '19470823',
  'CANARYREF',
  'CANARYACC',
  'CANARYSECRET',
  'CANARYUSER',
];

/** A small CT object with planted patient data and `pixels` bytes of pixel data. */
export function ctObject(writing: Writing, pixels = 64): Uint8Array {
  const e = (group: number, number: number, vr: string, value: string) =>
    element(writing, group, number, vr, value);
  return bytes(
    e(0x0008, 0x0005, 'CS', 'ISO_IR 100'),
    e(0x0008, 0x0016, 'UI', `${UID.ct}\0`),
    e(0x0008, 0x0018, 'UI', '1.2.3.4.50'),
    e(0x0008, 0x0050, 'SH', 'CANARYACC'),
    e(0x0008, 0x0060, 'CS', 'CT'),
    e(0x0008, 0x0070, 'LO', 'ACME MEDICAL'),
    e(0x0008, 0x0090, 'PN', 'CANARYREF^DOC'),
    e(0x0008, 0x1010, 'SH', 'CTROOM1'),
    e(0x0008, 0x1090, 'LO', 'SCANNER 9'),
    sequence(
      writing,
      0x0008,
      0x1140,
      [sequenceItem(writing, e(0x0008, 0x0070, 'LO', 'NESTED MAKER'), true)],
      true,
    ),
    e(0x0009, 0x0010, 'LO', 'ACME PRIVATE'),
    e(0x0010, 0x0010, 'PN', 'CANARY^PATIENT^'),
    e(0x0010, 0x0020, 'LO', 'CANARYMRN77'),
    e(0x0010, 0x0030, 'DA', '19470823'),
    e(0x0010, 0x0040, 'CS', 'F'),
    e(0x0018, 0x1020, 'LO', 'v4.2'),
    element(writing, 0x7fe0, 0x0010, 'OW', new Uint8Array(pixels).fill(4)),
  );
}
