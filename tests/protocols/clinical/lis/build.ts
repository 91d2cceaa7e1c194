/** Frames and records of laboratory analyzers for tests. */
import { type Direction, ORIG, RESP } from '../../../../src/model/protocol.ts';
import type { Step } from '../../../support/fake-flow.ts';

export const [ENQ, ACK, NAK, EOT] = ['\x05', '\x06', '\x15', '\x04'] as const;

/** A frame of ASTM E1381; `end` is ETX, or ETB where the record goes on. */
export function frame(number: number, text: string, end = '\x03'): string {
  const body = `${number & 7}${text}${end}`;
  const sum = [...Buffer.from(body, 'latin1')].reduce((total, byte) => total + byte, 0) & 0xff;
  return `\x02${body}${sum.toString(16).toUpperCase().padStart(2, '0')}\r\n`;
}

export const HEADER = 'H|\\^&|CTRL-7|canary-pass-1|ABL800^4.2^SN-77|||||LIS||P|LIS2-A2|20260301120000';
export const PATIENT =
  'P|1|PID-CANARY|LAB-CANARY|NAT-CANARY|CANARYLAST^CANARYFIRST|CANARYMAIDEN|19470229|F||13 CANARY LANE^TOWN||555-0142|D1^CANARYDOC';
export const ORDER = 'O|1|SPEC-CANARY||^^^GLU|R|||||CANARYNURSE^B||||||DOC';
export const RESULT = 'R|1|^^^GLU|142|mg/dL|70-99|H||F||CANARYTECH||20260301115900|ABL800^SN-77';
export const RESULTS = [HEADER, PATIENT, ORDER, RESULT, 'C|1|I|CANARYNOTE', 'R|2|^^^LAC|1.1', 'L|1|N'];

/** A transfer: asked for, one record per frame, each answered. */
export function transfer(records: readonly string[], sender: Direction = ORIG): Step[] {
  const receiver = sender === ORIG ? RESP : ORIG;
  return [
    [sender, ENQ],
    [receiver, ACK],
    ...records.flatMap((record, i): Step[] => [
      [sender, frame(i + 1, `${record}\r`)],
      [receiver, ACK],
    ]),
    [sender, EOT],
  ];
}
