/**
 * One CIP message (The CIP Networks Library volume 1, 2-4 and appendix C): service, the class and instance of its path, status
 * of an answer. Common services are named, and those of controllers that matter; the others are numbers.
 */
import type { Cursor } from '../../bytes/cursor.ts';

export interface CipMessage {
  readonly service: string;
  readonly class?: string | undefined;
  readonly instance?: number | undefined;
  readonly direction: 'request' | 'response';
  readonly status?: string | undefined;
}

const RESPONSE = 0x80;

const SERVICES: Readonly<Record<number, string>> = {
  1: 'Get Attributes All',
  2: 'Set Attributes All',
  3: 'Get Attribute List',
  4: 'Set Attribute List',
  5: 'Reset',
  6: 'Start',
  7: 'Stop',
  8: 'Create',
  9: 'Delete',
  10: 'Multiple Service Packet',
  13: 'Apply Attributes',
  14: 'Get Attribute Single',
  16: 'Set Attribute Single',
  17: 'Find Next Object Instance',
  21: 'Restore',
  22: 'Save',
  23: 'No Operation',
  24: 'Get Member',
  25: 'Set Member',
  26: 'Insert Member',
  27: 'Remove Member',
  75: 'Execute PCCC',
  76: 'Read Tag',
  77: 'Write Tag',
  78: 'Read Modify Write Tag or Forward Close',
  82: 'Read Tag Fragmented or Unconnected Send',
  83: 'Write Tag Fragmented',
  84: 'Forward Open',
  85: 'Get Instance Attribute List',
  91: 'Large Forward Open',
};

const CLASSES: Readonly<Record<number, string>> = {
  1: 'Identity',
  2: 'Message Router',
  4: 'Assembly',
  6: 'Connection Manager',
  55: 'File',
  100: 'Program Name',
  103: 'PCCC',
  104: 'Program',
  107: 'Symbol',
  108: 'Template',
  142: 'Controller',
  245: 'TCP/IP Interface',
  246: 'Ethernet Link',
};

const STATUSES: Readonly<Record<number, string>> = {
  0: 'Success',
  1: 'Connection Failure',
  2: 'Resource Unavailable',
  4: 'Path Segment Error',
  5: 'Path Destination Unknown',
  6: 'Partial Transfer',
  8: 'Service Not Supported',
  9: 'Invalid Attribute Value',
  14: 'Attribute Not Settable',
  15: 'Privilege Violation',
  16: 'Device State Conflict',
  19: 'Not Enough Data',
  20: 'Attribute Not Supported',
  21: 'Too Much Data',
  22: 'Object Does Not Exist',
  30: 'Embedded Service Error',
};

/** Logical segments of a path (appendix C-1.4.2): class and instance, of eight or sixteen bits. */
const CLASS_8 = 0x20;
const CLASS_16 = 0x21;
const INSTANCE_8 = 0x24;
const INSTANCE_16 = 0x25;

/** Reads a message; undefined when its head does not fit. */
export function readCip(c: Cursor): CipMessage | undefined {
  const code = c.u8();
  const name = SERVICES[code & ~RESPONSE] ?? `service 0x${(code & ~RESPONSE).toString(16)}`;
  if ((code & RESPONSE) !== 0) {
    c.u8();
    const status = c.u8();
    if (c.broken) return undefined;
    return {
      service: name,
      direction: 'response',
      status: STATUSES[status] ?? `status 0x${status.toString(16)}`,
    };
  }
  const end = c.u8() * 2 + c.at;
  if (c.broken) return undefined;
  let type: number | undefined;
  let instance: number | undefined;
  while (c.at < Math.min(end, c.end) && !c.broken) {
    const segment = c.u8();
    if (segment === CLASS_8) type = c.u8();
    else if (segment === INSTANCE_8) instance = c.u8();
    else if (segment === CLASS_16 || segment === INSTANCE_16) {
      c.u8();
      const value = c.u16le();
      if (segment === CLASS_16) type = value;
      else instance = value;
    } else break;
  }
  return {
    service: name,
    class: type === undefined ? undefined : (CLASSES[type] ?? `class 0x${type.toString(16)}`),
    instance,
    direction: 'request',
  };
}
