import { describe, expect, it } from 'vitest';
import type { FlowView } from '../../src/model/flow.ts';
import type { FlowStamp } from '../../src/model/flow-stamp.ts';
import { ORIG, RESP } from '../../src/model/protocol.ts';
import { f, flowStream, type Token } from '../../src/model/schema.ts';
import { Expectations } from '../../src/pipeline/expectations.ts';
import { RecordingContext, type RecordSink } from '../../src/pipeline/flow-context.ts';
import { IdentityLog } from '../../src/pipeline/identity-log.ts';
import { JointRecords } from '../../src/pipeline/joint-records.ts';
import { LIMITS } from '../../src/pipeline/limits.ts';
import { SoftwareLog } from '../../src/pipeline/software-log.ts';
import { TokenTable } from '../../src/pipeline/tokens.ts';
import { toBytes } from '../support/frames.ts';

const log = flowStream('log', 'A stream.', { text: f.string('Text.') });

type Row = Record<string, unknown>;

/** A record as its columns show it. */
function stamped(record: Row, stamp: FlowStamp): Row {
  const { sec, nsec, frame, capture } = stamp;
  return {
    ...record,
    ts: record['ts'] ?? { sec, nsec },
    frame: record['frame'] ?? frame,
    uid: stamp.uid,
    'id.orig_h': stamp.origHost,
    'id.orig_p': stamp.origPort,
    'id.resp_h': stamp.respHost,
    'id.resp_p': stamp.respPort,
    capture,
  };
}

function setUp() {
  const rows: [string, Row, number][] = [];
  const flow: FlowView = {
    transport: 'tcp',
    uid: 'Cuid',
    origHost: '10.0.0.1',
    origPort: 1,
    respHost: '10.0.0.2',
    respPort: 2,
    now: { sec: 7, nsec: 8 },
    frame: 9,
    capture: 3,
    shard: 5,
    fromStart: true,
    service: '',
    directionKnown: true,
    orient: () => false,
    macOf: side => (side === ORIG ? '00:03:b1:00:00:07' : undefined),
    recall: () => {},
    addService: () => {},
  };
  const tokens = new TokenTable(false);
  const sink: RecordSink = {
    emit: (stream, record, shard, stamp) =>
      rows.push([stream.name, stamp === undefined ? (record as Row) : stamped(record, stamp), shard]),
    captureName: index => `capture-${index}`,
  };
  const shared = {
    sink,
    tokens,
    expectations: new Expectations(),
    software: new SoftwareLog(sink),
    identities: new IdentityLog(sink, () => false),
    isInternal: (address: string) => address === '10.0.0.1',
    joint: new JointRecords(sink),
    recorded: true,
  };
  const context = new RecordingContext(flow, shared);
  return { rows, context, tokens };
}

const FLOW = {
  uid: 'Cuid',
  'id.orig_h': '10.0.0.1',
  'id.orig_p': 1,
  'id.resp_h': '10.0.0.2',
  'id.resp_p': 2,
};

describe('RecordingContext', () => {
  it('knows the addresses of the site', () => {
    const { context } = setUp();
    expect([context.isInternal('10.0.0.1'), context.isInternal('10.0.0.2')]).toEqual([true, false]);
  });

  it('knows its flow', () => {
    const { context } = setUp();
    const { uid, transport, origHost, origPort, respHost, respPort, now, frame } = context;
    expect({ uid, transport, origHost, origPort, respHost, respPort, now, frame }).toEqual({
      uid: 'Cuid',
      transport: 'tcp',
      origHost: '10.0.0.1',
      origPort: 1,
      respHost: '10.0.0.2',
      respPort: 2,
      now: { sec: 7, nsec: 8 },
      frame: 9,
    });
  });

  it('fills in the fields of the flow, time and frame unless the decoder gives them', () => {
    const { rows, context } = setUp();
    context.emit(log, { text: 'now' });
    context.emit(log, { text: 'earlier', ts: { sec: 1, nsec: 2 }, frame: 4 });
    expect(rows).toEqual([
      ['log', { ...FLOW, ts: { sec: 7, nsec: 8 }, text: 'now', frame: 9, capture: 'capture-3' }, 5],
      ['log', { ...FLOW, ts: { sec: 1, nsec: 2 }, text: 'earlier', frame: 4, capture: 'capture-3' }, 5],
    ]);
  });

  it('reports an anomaly once per name, and not without end', () => {
    const { rows, context } = setUp();
    context.weird('bad_thing', 'detail');
    context.weird('bad_thing', 'again');
    for (let i = 0; i < 100; i++) context.weird(`thing_${i}`);
    expect(rows).toHaveLength(LIMITS.weirdsPerFlow);
    expect(rows[0]).toEqual([
      'weird',
      {
        ...FLOW,
        ts: { sec: 7, nsec: 8 },
        name: 'bad_thing',
        addl: 'detail',
        source: 'tcp',
        frame: 9,
        capture: 'capture-3',
      },
      5,
    ]);
  });

  const login = { protocol: 'ftp', secretKind: 'password' } as const;
  const only = (rows: [string, Row, number][]): Row => {
    expect(rows).toHaveLength(1);
    return rows[0]![1];
  };

  it('shows a vendor or default account, and nobody else', () => {
    const vendor = setUp();
    vendor.context.credentials({ ...login, user: 'insite', secret: 'hunter22', success: true });
    expect(only(vendor.rows)).toMatchObject({
      account: 'insite',
      user: undefined,
      default_credential: true,
      success: true,
    });
    const person = setUp();
    person.context.credentials({ ...login, user: toBytes('alice.private'), secret: toBytes('hunter22') });
    const row = only(person.rows);
    expect(row).toMatchObject({ account: undefined, default_credential: false, empty_secret: false });
    expect((row['user'] as Token).kind).toBe('user');
    expect(row['secret']).toEqual(person.context.token('password', 'hunter22'));
    expect(JSON.stringify([vendor.rows, person.rows])).not.toMatch(/alice|hunter/);
  });

  it('an empty secret is one, a secret that was not seen is none', () => {
    const empty = setUp();
    empty.context.credentials({ ...login, user: 'someone', secret: '' });
    expect(only(empty.rows)).toMatchObject({ secret: undefined, empty_secret: true });
    const unseen = setUp();
    unseen.context.credentials({ ...login, secretKind: 'community', user: '' });
    expect(only(unseen.rows)).toMatchObject({
      user: undefined,
      account: undefined,
      secret: undefined,
      empty_secret: undefined,
    });
  });

  it('lists kinds and tokens of patient identifiers, the best one as the patient', () => {
    const { rows, context } = setUp();
    context.phi({
      protocol: 'hl7',
      carrier: 'ADT^A01',
      items: [
        { kind: 'patient_name', values: ['CANARY^ALICE', ''] },
        { kind: 'mrn', values: [toBytes('MRN-1'), 'MRN-2'] },
        { kind: 'phone', values: [] },
      ],
    });
    expect(only(rows)).toMatchObject({
      protocol: 'hl7',
      carrier: 'ADT^A01',
      kinds: ['mrn', 'patient_name'],
      count: 3,
      patient: context.token('mrn', 'MRN-1'),
    });
    expect(rows[0]![1]['values']).toHaveLength(3);
    expect(JSON.stringify(rows)).not.toMatch(/CANARY|MRN-/);
  });

  it('logs what identifies a device once, with the protocol that said it and the MAC address of its side', () => {
    const { rows, context } = setUp();
    context.protocol = 'enip';
    for (let i = 0; i < 2; i++) context.identity({ side: ORIG, attribute: 'model', value: ' Pump 3 ' });
    context.identity({ side: RESP, attribute: 'vendor', value: '', confidence: 0.9 });
    context.identity({ side: RESP, attribute: 'vendor', value: undefined });
    expect(only(rows)).toEqual({
      ...FLOW,
      ts: { sec: 7, nsec: 8 },
      host: '10.0.0.1',
      mac: '00:03:b1:00:00:07',
      attribute: 'model',
      value: 'Pump 3',
      source: 'enip',
      confidence: 0.6,
      behind: false,
      frame: 9,
      capture: 'capture-3',
    });
  });

  it('emits nothing when no identifier was there, and caps the tokens, not the count', () => {
    const { rows, context } = setUp();
    context.phi({ protocol: 'hl7', carrier: 'x', items: [{ kind: 'mrn', values: ['', new Uint8Array(0)] }] });
    expect(rows).toEqual([]);
    context.phi({
      protocol: 'hl7',
      carrier: 'x',
      items: [{ kind: 'mrn', values: Array.from({ length: 100 }, (_, i) => `m${i}`) }],
    });
    expect(only(rows)['count']).toBe(100);
    expect(only(rows)['values']).toHaveLength(LIMITS.phiTokensPerRecord);
  });
});
