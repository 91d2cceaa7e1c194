/** HL7 messages for tests. */

/** An MLLP frame around a message. */
export function frame(message: string): string {
  return `\x0b${message}\x1c\r`;
}

/** Segments joined and ended by CR. */
export function segments(...lines: string[]): string {
  return lines.map(line => `${line}\r`).join('');
}

export function msh(controlId: string, type = 'ORU^R01^ORU_R01'): string {
  return `MSH|^~\\&|MONITOR^00-11^EUI-64|WARD5|GATEWAY|HOSPITAL|20240102030405||${type}|${controlId}|P|2.6||||||UNICODE UTF-8`;
}

/** Values planted as patient data: none of them may leave a decoder. */
export const CANARIES = [
  'CANARY^PATIENT',
  'CANARYMRN77',
  '19470823',
  '999-47-0823',
  'CANARYSTREET',
  'CANARYKIN',
  'CANARYPOLICY',
  'CTRL-CANARY',
];

export const PID =
  'PID|1||CANARYMRN77^^^HOSP^MR~999-47-0823^^^USA^SS||CANARY^PATIENT^Q^^MR||19470823113000|F|||' +
  '1 CANARYSTREET^^TOWN^ST^12345||555-1000^PRN^PH^mail@canary.example|""|||||||';
export const NK1 = 'NK1|1|CANARYKIN^MARY|SPO|1 CANARYSTREET^^TOWN';
export const IN1 = `IN1|1|PLAN${'|'.repeat(34)}CANARYPOLICY`;

/** A result with identifiers in PID, NK1 and IN1. */
export function result(controlId = 'CTRL-CANARY-1'): string {
  return segments(msh(controlId), PID, NK1, IN1, 'OBR|1|||X', 'OBX|1|NM|HR||72|/min');
}

export function ack(controlId: string, code = 'AA'): string {
  return segments(
    `MSH|^~\\&|GATEWAY|HOSPITAL|MONITOR|WARD5|20240102030406||ACK^R01^ACK|A-${controlId}|P|2.6`,
    `MSA|${code}|${controlId}`,
  );
}
