import { describe, expect, it } from 'vitest';
import { ORIG } from '../../../src/model/protocol.ts';
import { syslog } from '../../../src/protocols/management/syslog.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
import { type PlayOptions, play, recordsOf, type Step, shownText } from '../../support/fake-flow.ts';

const UDP: PlayOptions = { transport: 'udp' };
const NEW = '<165>1 2026-11-27T05:18:25.003Z gateway evntslog 4711 ID47 [x@1 a="b"] started';
const OLD = '<34>Nov 27 05:18:25 gateway su[4711]: failed for guest';

const counted = (...messages: string[]) => messages.map(text => `${text.length} ${text}`).join('');

describeDecoderLaws(syslog, {
  lines: [[ORIG, `${NEW}\n${OLD}\r\n<13>third\n`]],
  counted: [[ORIG, counted(NEW, OLD, '<13>third\nof two lines')]],
});
describeDecoderLaws(
  syslog,
  {
    datagrams: [
      [ORIG, NEW],
      [ORIG, OLD],
    ],
  },
  UDP,
);

const recordOf = (text: string, options = UDP) =>
  recordsOf(play(syslog, [[ORIG, text]], { probe: false, ...options }), 'syslog')[0];
const textsOf = (...steps: Step[]) =>
  recordsOf(play(syslog, steps), 'syslog').map(record => record['message']);

describe('syslog records', () => {
  it('reads both headers', () => {
    expect(recordOf(NEW)).toEqual({
      ts: { sec: 1_700_000_000, nsec: 0 },
      frame: 1,
      proto: 'udp',
      facility: 'LOCAL4',
      severity: 'NOTICE',
      message: NEW.slice(5),
      host_name: 'gateway',
      app_name: 'evntslog',
      proc_id: '4711',
      msg_id: 'ID47',
      atna: false,
      hl7: false,
    });
    expect(recordOf(OLD)).toMatchObject({
      facility: 'AUTH',
      severity: 'CRIT',
      message: OLD.slice(4),
      host_name: 'gateway',
      app_name: 'su',
      proc_id: '4711',
    });
  });

  it('leaves out what a header leaves out', () => {
    const bare = recordOf('<14>1 - - - - - - text');
    expect(bare).toMatchObject({ facility: 'USER', severity: 'INFO' });
    expect(bare).not.toHaveProperty('host_name');
    const untagged = recordOf('<14>Nov 27 05:18:25 gateway text without a tag');
    expect(untagged).toMatchObject({ host_name: 'gateway' });
    expect(untagged).not.toHaveProperty('app_name');
  });

  it.each([
    '<14>1 yesterday gateway app 1 - - text',
    '<14>1 2026-11-27T05:18:25Z gateway',
    `<14>1 - ${'h'.repeat(300)} app 1 - - x`,
    '<14>text',
  ])('takes text for text where there is no header: %s', text => {
    const record = recordOf(text);
    expect(record?.['message']).toBe(text.slice(4));
    expect(record).not.toHaveProperty('host_name');
  });

  it('knows no facility of a message without a priority', () => {
    for (const text of ['X', '<192>x', '<007>x', '<1', '<>x'])
      expect(recordOf(text)).toMatchObject({
        facility: 'UNSPECIFIED',
        severity: 'UNSPECIFIED',
        message: text,
      });
  });

  it.each([
    ['atna', '<85>1 - - pacs - IHE+RFC-3881 - <AuditMessage><ParticipantObjectIdentification'],
    ['atna', '<85>1 - - pacs - - - \u{feff}<?xml version="1.0"?><a:AuditMessage>'],
    ['hl7', '<14>engine: could not route MSH|^~\\&|A|B\rPID|1||'],
    ['hl7', '<14>engine: PID|1||CANARY'],
  ])('recognises %s and does not show what may name patients', (field, text) => {
    const played = play(syslog, [[ORIG, `${text} CANARY`]], UDP);
    expect(recordsOf(played, 'syslog')[0]).toMatchObject({ [field]: true });
    expect(shownText(played)).not.toContain('CANARY');
  });

  it('reads messages with their length, ended by line feeds, and both', () => {
    expect(textsOf([ORIG, counted('<13>a\nb', '<13>c')])).toEqual(['a\nb', 'c']);
    expect(textsOf([ORIG, '<13>a\n\n<13>b\n']).join()).toBe('a,b');
    expect(textsOf([ORIG, `<13>a\n${counted('<13>b')}<13>c\n`])).toEqual(['a', 'b', 'c']);
  });

  it('goes on behind a gap at the next line', () => {
    const steps: Step[] = [
      [ORIG, '<13>a\n<13>lost '],
      { gap: ORIG, length: 10 },
      [ORIG, 'end of it\n<13>b\n'],
    ];
    expect(textsOf(...steps)).toEqual(['a', 'b']);
  });
});

describe('syslog limits and damage', () => {
  it('keeps the beginning of a long message', () => {
    const played = play(syslog, [[ORIG, `<13>${'a'.repeat(20_000)}`]], UDP);
    expect(played.weirds).toEqual(['syslog_message_limit']);
    expect(recordsOf(played, 'syslog')[0]?.['message']).toHaveLength(8192);
  });

  it('reports lengths that cannot be, and looks for the next line', () => {
    for (const length of ['99999', '12345678', '5x']) {
      const played = play(syslog, [[ORIG, `<13>a\n${length} <13>b\n<13>c\n`]]);
      expect(played.weirds, length).toEqual(['syslog_invalid_length']);
      expect(recordsOf(played, 'syslog').map(record => record['message'])).toEqual(['a', 'c']);
    }
  });

  it('cuts lines without an end, and reads the next one', () => {
    const played = play(syslog, [[ORIG, `<13>${'1'.repeat(200_000)}\n<13>b\n`]], { segment: 1000 });
    expect(played.weirds).toEqual(['syslog_message_limit']);
    expect(recordsOf(played, 'syslog').map(record => String(record['message']).length)).toEqual([8192, 1]);
  });

  it('takes linear time, whole and in small segments', () => {
    expectLinear(n => play(syslog, [[ORIG, repeated(`${OLD}\n`, n)]]), 100_000);
    expectLinear(n => play(syslog, [[ORIG, repeated(counted(OLD), n)]], { segment: 7 }), 20_000);
    expectLinear(n => play(syslog, [[ORIG, `<13>${'a'.repeat(n)}`]], { segment: 4000 }), 100_000);
  });
});

describe('syslog probe', () => {
  const verdict = (text: string | Uint8Array, options: PlayOptions) =>
    play(syslog, [[ORIG, text]], options).verdict;

  it('recognises a priority on any port', () => {
    expect(verdict(NEW, { ...UDP, respPort: 40_001 })).toBe('match');
    expect(verdict(counted(OLD), { respPort: 40_001 })).toBe('match');
    expect(verdict('<13>\x01\x02', { ...UDP, respPort: 40_001 })).toBe('no');
    expect(verdict('<html><1>', { respPort: 40_001 })).toBe('no');
  });

  it('takes a line without a priority on its own UDP port only', () => {
    expect(verdict('X', UDP)).toBe('match');
    expect(verdict('X\0', UDP)).toBe('match');
    expect(verdict('X', { ...UDP, respPort: 40_001 })).toBe('no');
    expect(verdict('X\r\n', UDP)).toBe('no');
    expect(verdict('\0', UDP)).toBe('no');
    expect(verdict('plain text', {})).toBe('no');
  });
});
