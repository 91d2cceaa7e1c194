import { expect, test } from 'vitest';
import { Fields } from '../../../../src/protocols/clinical/delimited.ts';
import { openMessage, readSegment } from '../../../../src/protocols/clinical/hl7/message.ts';

const ARRIVAL = { ts: { sec: 1, nsec: 0 }, frame: 1, isOrig: true, batch: false, framed: true };

function opened(line: string) {
  const bytes = new Uint8Array(Buffer.from(line, 'latin1'));
  return openMessage(bytes, 0, bytes.length, ARRIVAL);
}

test('reads a header', () => {
  const message = opened('MSH|^~\\&|A^B|C|D|E|t||ADT^A01|ID&x^y|T^I|2.3.1^USA||||||8859/1~UNICODE');
  expect(message!.record).toMatchObject({
    sending_app: 'A',
    sending_app_id: 'B',
    message_type: 'ADT',
    trigger_event: 'A01',
    message_structure: undefined,
    processing_id: 'T',
    version: '2.3.1',
    charset: '8859/1',
  });
  expect(Buffer.from(message!.controlId!).toString()).toBe('ID&x');
});

test('an application without a name is known by its universal identifier', () => {
  expect(opened('MSH|^~\\&|^EfficiaCM|')!.record).toMatchObject({
    sending_app: 'EfficiaCM',
    sending_app_id: 'EfficiaCM',
  });
});

test('codes that are none are not shown', () => {
  const { record } = opened('MSH|^~\\&|||||||JANE DOE^A 1^x|1|')!;
  expect(record).toMatchObject({ message_type: undefined, trigger_event: undefined, message_structure: 'x' });
});

test('is no message without separators', () => {
  expect(opened('MSH')).toBeUndefined();
  expect(opened('MSHxyz')).toBeUndefined();
});

test('reads an acknowledgement', () => {
  const message = opened('MSH|^~\\&|')!;
  const bytes = new Uint8Array(Buffer.from('MSA|AE|ORIGINAL|text'));
  readSegment(message, 'MSA', new Fields().read(bytes, 0, bytes.length, 0x7c));
  expect(message.record.ack_code).toBe('AE');
  expect(Buffer.from(message.acknowledges!).toString()).toBe('ORIGINAL');
});
