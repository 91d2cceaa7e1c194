import { describe, expect, it } from 'vitest';
import type { FlowView } from '../../src/model/flow.ts';
import type { JointKind } from '../../src/model/protocol.ts';
import { EVIDENCE_FIELDS, f, stream } from '../../src/model/schema.ts';
import { JointRecords } from '../../src/pipeline/joint-records.ts';
import { LIMITS } from '../../src/pipeline/limits.ts';

const talk = stream('talk', 'A conversation.', {
  ts: f.time('Time.'),
  uids: f.stringSet('Flows.'),
  words: f.strings('Words.'),
  ...EVIDENCE_FIELDS,
});

const KIND: JointKind<typeof talk> = {
  stream: talk,
  silence: 5,
  shortest: 10,
  longest: 30,
  maxFlows: 3,
  isFull: record => (record.words?.length ?? 0) >= 4,
};

function setUp() {
  const rows: Record<string, unknown>[] = [];
  const joint = new JointRecords({
    emit: (_stream, record, shard) => rows.push({ ...(record as Record<string, unknown>), shard }),
    captureName: index => `capture-${index}`,
  });
  let frame = 0;
  const say = (sec: number, word: string, options: { uid?: string; key?: string } = {}) => {
    const { uid = 'C1', key = 'a' } = options;
    const flow = { uid, now: { sec, nsec: 0 }, frame: ++frame, capture: 2, shard: 5 } as FlowView;
    const record = joint.find(flow, KIND, key);
    record.words = [...(record.words ?? []), word];
  };
  const words = () => rows.map(row => (row['words'] as string[]).join(' '));
  return { rows, joint, say, words };
}

describe('JointRecords', () => {
  it('makes one record of what several flows say under a key', () => {
    const { rows, joint, say } = setUp();
    say(100, 'ask');
    say(101, 'answer', { uid: 'C2' });
    say(102, 'thanks');
    expect(rows).toEqual([]);
    joint.finish();
    expect(rows).toEqual([
      {
        ts: { sec: 100, nsec: 0 },
        uids: ['C1', 'C2'],
        words: ['ask', 'answer', 'thanks'],
        frame: 1,
        capture: 'capture-2',
        shard: 5,
      },
    ]);
  });

  it('keeps keys and kinds apart, in the order in which they began', () => {
    const { joint, say, words } = setUp();
    say(100, 'a1');
    say(100, 'b1', { key: 'b' });
    say(101, 'a2');
    joint.finish();
    expect(words()).toEqual(['a1 a2', 'b1']);
  });

  it('ends a record by silence, but not while it is young', () => {
    const { joint, say, words } = setUp();
    say(100, 'one');
    say(109, 'two');
    say(116, 'three');
    expect(words()).toEqual(['one two']);
    joint.finish();
    expect(words()).toEqual(['one two', 'three']);
  });

  it('ends a record by age, and gives it out when another key is asked for', () => {
    const { say, words } = setUp();
    for (let sec = 100; sec < 109; sec += 4) say(sec, `${sec}`);
    say(140, 'later', { key: 'b' });
    expect(words()).toEqual(['100 104 108']);
  });

  it('takes a jump into the past for an end', () => {
    const { say, words } = setUp();
    say(100, 'late');
    say(1, 'early');
    expect(words()).toEqual(['late']);
  });

  it('begins another record when one is full of words or flows', () => {
    const { joint, say, words } = setUp();
    for (const word of ['1', '2', '3', '4', '5']) say(100, word);
    for (const uid of ['C1', 'C2', 'C3', 'C4']) say(100, uid, { uid, key: 'b' });
    joint.finish();
    expect(words()).toEqual(['1 2 3 4', 'C1 C2 C3', '5', 'C4']);
  });

  it('gives out the oldest when there are too many', () => {
    const { rows, joint, say } = setUp();
    for (let i = 0; i <= LIMITS.jointRecords; i++) say(100, 'x', { key: `${i}` });
    expect(rows).toHaveLength(1);
    joint.finish();
    expect(rows).toHaveLength(LIMITS.jointRecords + 1);
  });
});
