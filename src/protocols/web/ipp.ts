/**
 * The Internet Printing Protocol (RFC 8010, RFC 8011) in HTTP bodies: what was asked of a printer, and how it went. Only the
 * operation attributes are read, which come first; the document behind them is passed over.
 *
 * Limits: `MAX_ATTRIBUTES`, `MAX_PRINTER_ATTRIBUTES`; the body is read as far as `http-body.ts` keeps it.
 */
import { u16be, u32be } from '../../bytes/read.ts';
import { utf8 } from '../../bytes/text.ts';
import type { IdentityAttribute } from '../../model/device.ts';
import { type FlowContext, RESP } from '../../model/protocol.ts';
import { f, flowStream, type RecordOf } from '../../model/schema.ts';

const MAX_ATTRIBUTES = 64;
const MAX_PRINTER_ATTRIBUTES = 1024;

export const ippStream = flowStream('ipp', 'One line per operation asked of a printer over IPP.', {
  version: f.string('Version of IPP, e.g. 2.0.'),
  operation: f.string('Operation, e.g. Print-Job.'),
  request_id: f.count('Number the client gave the request.'),
  printer_uri: f.string('Printer that is asked.', 'text'),
  user: f.token('Name of the requesting user.', 'secret'),
  job_name: f.token('Name of the job, as a token: it often names a patient.', 'phi'),
  document_name: f.string('Name of the document.', 'text'),
  document_format: f.string('Type of the document, as declared.'),
  status: f.string('Status of the response, e.g. successful-ok.'),
});

// RFC 8011 section 5.4.15 and IANA's IPP registrations.
const OPERATIONS = new Map<number, string>([
  [0x02, 'Print-Job'],
  [0x03, 'Print-URI'],
  [0x04, 'Validate-Job'],
  [0x05, 'Create-Job'],
  [0x06, 'Send-Document'],
  [0x07, 'Send-URI'],
  [0x08, 'Cancel-Job'],
  [0x09, 'Get-Job-Attributes'],
  [0x0a, 'Get-Jobs'],
  [0x0b, 'Get-Printer-Attributes'],
  [0x0c, 'Hold-Job'],
  [0x0d, 'Release-Job'],
  [0x0e, 'Restart-Job'],
  [0x10, 'Pause-Printer'],
  [0x11, 'Resume-Printer'],
  [0x12, 'Purge-Jobs'],
  [0x13, 'Set-Printer-Attributes'],
  [0x14, 'Set-Job-Attributes'],
  [0x16, 'Create-Printer-Subscriptions'],
  [0x1c, 'Get-Notifications'],
  [0x22, 'Enable-Printer'],
  [0x23, 'Disable-Printer'],
  [0x39, 'Cancel-Jobs'],
  [0x3a, 'Cancel-My-Jobs'],
  [0x3b, 'Close-Job'],
  [0x3c, 'Identify-Printer'],
  [0x4001, 'CUPS-Get-Default'],
  [0x4002, 'CUPS-Get-Printers'],
  [0x4003, 'CUPS-Add-Modify-Printer'],
  [0x4004, 'CUPS-Delete-Printer'],
  [0x4005, 'CUPS-Get-Classes'],
  [0x4008, 'CUPS-Accept-Jobs'],
  [0x4009, 'CUPS-Reject-Jobs'],
  [0x400d, 'CUPS-Move-Job'],
]);

// RFC 8011 appendix B.
const STATUS = new Map<number, string>([
  [0x0000, 'successful-ok'],
  [0x0001, 'successful-ok-ignored-or-substituted-attributes'],
  [0x0002, 'successful-ok-conflicting-attributes'],
  [0x0400, 'client-error-bad-request'],
  [0x0401, 'client-error-forbidden'],
  [0x0402, 'client-error-not-authenticated'],
  [0x0403, 'client-error-not-authorized'],
  [0x0404, 'client-error-not-possible'],
  [0x0405, 'client-error-timeout'],
  [0x0406, 'client-error-not-found'],
  [0x0407, 'client-error-gone'],
  [0x0408, 'client-error-request-entity-too-large'],
  [0x040a, 'client-error-document-format-not-supported'],
  [0x040b, 'client-error-attributes-or-values-not-supported'],
  [0x0500, 'server-error-internal-error'],
  [0x0501, 'server-error-operation-not-supported'],
  [0x0502, 'server-error-service-unavailable'],
  [0x0503, 'server-error-version-not-supported'],
  [0x0504, 'server-error-device-error'],
  [0x0505, 'server-error-temporary-error'],
  [0x0506, 'server-error-not-accepting-jobs'],
  [0x0507, 'server-error-busy'],
]);

const HEADER = 8;
const OPERATION_GROUP = 0x01;
/** Tags below are those of groups (RFC 8010 section 3.5.1). */
const FIRST_VALUE_TAG = 0x10;

/** Reads a request from the beginning of its body; undefined when it is none. */
export function readIppRequest(flow: FlowContext, bytes: Uint8Array): RecordOf<typeof ippStream> | undefined {
  if (!hasHeader(bytes)) return undefined;
  const code = u16be(bytes, 2);
  const record: RecordOf<typeof ippStream> = {
    version: `${bytes[0]}.${bytes[1]}`,
    operation: OPERATIONS.get(code) ?? `unknown-${code}`,
    request_id: u32be(bytes, 4),
  };
  for (const [name, value] of attributesOf(bytes)) {
    if (name === 'printer-uri') record.printer_uri ??= utf8(value);
    else if (name === 'requesting-user-name') record.user ??= flow.token('user', value.slice());
    else if (name === 'job-name' && value.length > 0)
      record.job_name ??= flow.token('job_name', value.slice());
    else if (name === 'document-name') record.document_name ??= utf8(value);
    else if (name === 'document-format') record.document_format ??= utf8(value);
  }
  return record;
}

/** The status of a response; undefined when it is none. */
export function readIppStatus(bytes: Uint8Array): string | undefined {
  if (!hasHeader(bytes)) return undefined;
  const code = u16be(bytes, 2);
  return STATUS.get(code) ?? `unknown-${code}`;
}

const PRINTER_GROUP = 0x04;
/** Attributes of printers that identify them (RFC 8011 section 5.4, PWG 5100.13 and 5100.14). */
const PRINTER: Readonly<Record<string, IdentityAttribute>> = {
  'printer-make-and-model': 'model',
  'printer-name': 'name',
  'printer-location': 'location',
  'printer-uuid': 'system_id',
  'printer-firmware-string-version': 'software',
};

/** Says what a response tells of the printer. */
export function notePrinter(flow: FlowContext, bytes: Uint8Array): void {
  if (!hasHeader(bytes)) return;
  let at = HEADER;
  let group = 0;
  for (let read = 0; at < bytes.length && read < MAX_PRINTER_ATTRIBUTES; read++) {
    const tag = bytes[at]!;
    if (tag < FIRST_VALUE_TAG) {
      group = tag;
      at++;
      continue;
    }
    if (at + 3 > bytes.length) return;
    const valueAt = at + 3 + u16be(bytes, at + 1);
    if (valueAt + 2 > bytes.length) return;
    const end = valueAt + 2 + u16be(bytes, valueAt);
    if (end > bytes.length) return;
    const attribute = group === PRINTER_GROUP ? PRINTER[utf8(bytes, at + 3, valueAt)] : undefined;
    if (attribute !== undefined)
      flow.identity({ side: RESP, attribute, value: utf8(bytes, valueAt + 2, end), confidence: 0.9 });
    at = end;
  }
}

/** Versions 1.0 to 2.2, and room for the group behind the header. */
function hasHeader(bytes: Uint8Array): boolean {
  return bytes.length > HEADER && (bytes[0] === 1 || bytes[0] === 2) && bytes[1]! <= 2;
}

/** Names and values of the operation attributes; further values of an attribute are passed over. */
function attributesOf(bytes: Uint8Array): [string, Uint8Array][] {
  const attributes: [string, Uint8Array][] = [];
  if (bytes[HEADER] !== OPERATION_GROUP) return attributes;
  let at = HEADER + 1;
  while (at + 5 <= bytes.length && bytes[at]! >= FIRST_VALUE_TAG && attributes.length < MAX_ATTRIBUTES) {
    const valueAt = at + 3 + u16be(bytes, at + 1);
    if (valueAt + 2 > bytes.length) break;
    const end = valueAt + 2 + u16be(bytes, valueAt);
    if (end > bytes.length) break;
    if (valueAt > at + 3) attributes.push([utf8(bytes, at + 3, valueAt), bytes.subarray(valueAt + 2, end)]);
    at = end;
  }
  return attributes;
}
