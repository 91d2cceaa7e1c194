import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { http } from '../../../src/protocols/web/http.ts';
import { everySplit, play, recordsOf, type Step, shownText } from '../../support/fake-flow.ts';
import { concat } from '../../support/frames.ts';
import { bytes, u16 } from './ssl-bytes.ts';

const attribute = (tag: number, name: string, value: string): Uint8Array =>
  bytes(tag, u16(name.length), name, u16(value.length), value);

const operation = (code: number, ...attributes: Uint8Array[]): Uint8Array =>
  bytes(2, 0, u16(code), 0, 0, 0, 7, 1, ...attributes, 3);

const PRINT = operation(
  2,
  attribute(0x47, 'attributes-charset', 'utf-8'),
  attribute(0x48, 'attributes-natural-language', 'en'),
  attribute(0x45, 'printer-uri', 'ipp://printer.ward.example/ipp/print'),
  attribute(0x42, 'requesting-user-name', 'qwilliams'),
  attribute(0x42, 'job-name', 'wristband.pdf'),
  attribute(0x49, 'document-format', 'application/pdf'),
);

const message = (start: string, body: Uint8Array): Uint8Array =>
  concat(bytes(`${start}\r\nContent-Type: application/ipp\r\nContent-Length: ${body.length}\r\n\r\n`), body);

const exchange = (request: Uint8Array, response = operation(0)): Step[] => [
  [ORIG, message('POST /ipp/print HTTP/1.1', request)],
  [RESP, message('HTTP/1.1 200 OK', response)],
];

const rows = (steps: readonly Step[]) => recordsOf(play(http, steps), 'ipp');

describe('ipp', () => {
  it('says what was asked of a printer, and how it went', () => {
    for (const { played } of everySplit(http, exchange(bytes(PRINT, '%PDF-1.7', new Uint8Array(200))))) {
      expect(recordsOf(played, 'ipp')).toEqual([
        {
          ts: { sec: 1_700_000_000, nsec: 0 },
          frame: 1,
          version: '2.0',
          operation: 'Print-Job',
          request_id: 7,
          printer_uri: 'ipp://printer.ward.example/ipp/print',
          user: { kind: 'user', digest: expect.any(String) },
          job_name: { kind: 'job_name', digest: expect.any(String) },
          document_format: 'application/pdf',
          status: 'successful-ok',
        },
      ]);
      expect(shownText(played)).not.toMatch(/qwilliams|wristband/);
    }
  });

  it('says what an answer tells of the printer', () => {
    const answer = bytes(
      operation(
        0,
        attribute(0x47, 'attributes-charset', 'utf-8'),
        attribute(0x42, 'printer-name', 'not its group'),
      ).slice(0, -1),
      4,
      attribute(0x41, 'printer-make-and-model', 'Zebra ZT410'),
      attribute(0x45, 'printer-uuid', 'urn:uuid:77'),
      attribute(0x41, 'printer-state-message', 'idle'),
      3,
    );
    const told = (response: Uint8Array) => play(http, exchange(operation(0x0b), response)).identities;
    expect(told(answer)).toEqual([
      { side: RESP, attribute: 'model', value: 'Zebra ZT410', confidence: 0.9 },
      { side: RESP, attribute: 'system_id', value: 'urn:uuid:77', confidence: 0.9 },
    ]);
    for (let length = 0; length < answer.length; length++) told(answer.subarray(0, length));
  });

  it('names refusals and unknown numbers', () => {
    expect(rows(exchange(operation(0x0b), operation(0x0401)))).toMatchObject([
      { operation: 'Get-Printer-Attributes', status: 'client-error-forbidden' },
    ]);
    expect(rows(exchange(operation(0x7fff), operation(0x7ffe)))).toMatchObject([
      { operation: 'unknown-32767', status: 'unknown-32766' },
    ]);
  });

  it('gives what was read of a request that breaks off, and nothing of what is none', () => {
    for (let length = 0; length <= PRINT.length; length++) rows(exchange(PRINT.subarray(0, length)));
    expect(rows(exchange(PRINT.subarray(0, 90)))).toMatchObject([{ operation: 'Print-Job' }]);
    expect(rows(exchange(bytes('this is no such thing')))).toEqual([]);
  });
});
