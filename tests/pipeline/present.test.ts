/** What stands between records and everything that shows them. */
import { describe, expect, test } from 'vitest';
import type { CaptureInfo } from '../../src/model/analysis.ts';
import { BatchBuilder } from '../../src/model/batch-builder.ts';
import { enrichedSchema } from '../../src/model/device.ts';
import type { RecordOf, StreamSchema } from '../../src/model/schema.ts';
import { conn, phi } from '../../src/model/streams.ts';
import { maskCaptures, maskText } from '../../src/pipeline/present.ts';
import { STREAMS } from '../../src/pipeline/streams.ts';
import { TokenTable } from '../../src/pipeline/tokens.ts';

const NAME = 'CANARYLAST';

function tokens(): TokenTable {
  const table = new TokenTable(false);
  table.token('patient_name', `${NAME}^CANARYFIRST`);
  return table;
}

function masked<S extends StreamSchema>(schema: S, record: RecordOf<S>, table = tokens()) {
  const builder = new BatchBuilder(schema);
  builder.append(record, 0);
  return maskText(builder.build(), table).row(0);
}

describe('masking', () => {
  test('every text from the wire, also where a code is expected', () => {
    const hl7 = STREAMS.get('hl7')!;
    const http = STREAMS.get('http')!;
    expect(masked(hl7, { message_type: NAME })).toEqual({ message_type: '<patient_name>' });
    expect(masked(http, { method: NAME })).toEqual({ method: '<patient_name>' });
    expect(masked(phi, { carrier: `${NAME}^CANARYFIRST` })).toEqual({ carrier: '<patient_name>' });
  });

  test('not what medtap and the inventory say themselves', () => {
    const own = { uid: NAME, service: NAME, orig_device: NAME };
    expect(masked(enrichedSchema(conn), own)).toEqual(own);
  });

  test('what a name announces, and literals of SQL, though no identifier was decoded', () => {
    const table = new TokenTable(false);
    const shown = (stream: string, record: object) => masked(STREAMS.get(stream)!, record, table);
    const query = `SELECT * FROM p WHERE x='${NAME}'`;
    expect(shown('mysql', { arg: query })).toEqual({ arg: "SELECT * FROM p WHERE x='?'" });
    expect(shown('postgresql', { frontend_arg: query })).toEqual({
      frontend_arg: "SELECT * FROM p WHERE x='?'",
    });
    expect(shown('mqtt_publish', { topic: `w/patient/${NAME}/hr` })).toEqual({ topic: 'w/patient/<mrn>/hr' });
    expect(shown('ftp', { arg: `ftp://h/mrn=${NAME}` })).toEqual({ arg: 'ftp://h/mrn=<mrn>' });
    expect(shown('http', { user_agent: `x (patient: ${NAME})` })).toEqual({
      user_agent: 'x (patient: <mrn>)',
    });
  });

  test('names of captures, the same in records and in the list of captures', () => {
    const name = `captures/${NAME}.pcap`;
    const table = tokens();
    const record = masked(conn, { capture: name }, table);
    const capture = { name, same_as: name, problem: null, interfaces: [{ name: null, description: name }] };
    expect(record).toEqual({ capture: 'captures/<patient_name>.pcap' });
    const [shown] = maskCaptures([capture as unknown as CaptureInfo], table);
    expect(shown).toMatchObject({
      name: record['capture'],
      same_as: record['capture'],
      interfaces: [{ description: record['capture'] }],
    });
  });

  test('withholds text when there were more identifiers than could be remembered', () => {
    const table = tokens();
    table.overflow = 1;
    const record = { host: 'anything', capture: 'ward.pcap' };
    expect(masked(STREAMS.get('http')!, record, table)).toEqual({ host: '<withheld>', capture: 'ward.pcap' });
  });
});

test('fields of class phi and secret are tokens and nothing else', () => {
  for (const schema of STREAMS.values()) {
    for (const [name, field] of Object.entries(schema.fields)) {
      if (field.class === 'phi' || field.class === 'secret')
        expect([name, field.type]).toEqual([name, expect.stringContaining('token')]);
    }
  }
});
