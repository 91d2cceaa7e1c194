import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { medibus } from '../../../src/protocols/clinical/medibus.ts';
import { describeDecoderLaws } from '../../support/decoder-laws.ts';
import { play, recordsOf, type Step } from '../../support/fake-flow.ts';
import { command, reply } from './bedside-build.ts';

const DIALOGUE: readonly Step[] = [
  [ORIG, command('Q')],
  [RESP, reply('Q')],
  [ORIG, command('R')],
  [RESP, reply("R8410'Evita V500'02.50:06.00")],
  [RESP, command('R')],
  [ORIG, reply("R0161'Recorder'01.03:06.00")],
  [ORIG, command('$')],
  [RESP, `${reply('$06 128')}\xd1\x85\x86`],
  [ORIG, command(')')],
  [RESP, reply('\x15')],
];

describe('medibus', () => {
  it('knows the frames of the protocol definition', () => {
    // ICC and its answer, as every implementation sends them.
    expect(command('Q')).toBe('\x1bQ6C\r');
    expect(reply('Q')).toBe('\x01Q52\r');
  });

  it('says what was asked, and who answered', () => {
    expect(recordsOf(play(medibus, DIALOGUE), 'medibus')).toEqual([
      {
        ts: { sec: 1_700_000_000, nsec: 0 },
        frame: 1,
        is_orig: true,
        commands: 4,
        command_names: ['data_1', 'device_id', 'initialise', 'settings'],
        replies: 1,
        naks: 0,
        bad_sums: 0,
        real_time_bytes: 0,
        device_number: '0161',
        device_name: 'Recorder',
        device_revision: '01.03:06.00',
        duration: 8,
      },
      {
        ts: { sec: 1_700_000_001, nsec: 0 },
        frame: 2,
        is_orig: false,
        commands: 1,
        command_names: ['device_id'],
        replies: 4,
        naks: 1,
        bad_sums: 0,
        real_time_bytes: 3,
        device_number: '8410',
        device_name: 'Evita V500',
        device_revision: '02.50:06.00',
        duration: 8,
      },
    ]);
  });

  it('gives the identity of what is behind the terminal server', () => {
    expect(play(medibus, DIALOGUE).identities).toEqual([
      { side: RESP, attribute: 'model', value: 'Evita V500', behind: true },
      { side: RESP, attribute: 'software', value: '02.50:06.00', behind: true },
      { side: RESP, attribute: 'vendor', value: 'Dräger', behind: true },
      { side: ORIG, attribute: 'model', value: 'Recorder', behind: false },
      { side: ORIG, attribute: 'software', value: '01.03:06.00', behind: false },
    ]);
  });

  it('reads a command in the middle of a reply, and curves between any bytes', () => {
    const whole = reply('$06 128');
    const mixed = `${whole.slice(0, 4)}\xd1\x80${command('0')}\x13${whole.slice(4, 6)}\xff${whole.slice(6)}`;
    const [, device] = recordsOf(play(medibus, [...DIALOGUE.slice(0, 2), [RESP, mixed]]), 'medibus');
    expect(device).toMatchObject({
      commands: 1,
      command_names: ['no_operation'],
      replies: 2,
      bad_sums: 0,
      real_time_bytes: 3,
    });
  });

  it('is recognised through curves', () => {
    const steps: Step[] = [
      [ORIG, command('Q')],
      [RESP, `${reply('Q').slice(0, 2)}\xd1\x85${reply('Q').slice(2)}\x86`],
    ];
    expect(play(medibus, steps).verdict).toBe('match');
    expect(
      play(medibus, [
        [ORIG, command('Q')],
        [RESP, `\xd1${reply('Q')}`],
      ]).verdict,
    ).toBe('no');
  });

  it('counts a wrong sum', () => {
    const [client] = recordsOf(play(medibus, [...DIALOGUE.slice(0, 2), [ORIG, '\x1bR00\r']]), 'medibus');
    expect(client).toMatchObject({ commands: 1, bad_sums: 1 });
  });

  it('an endless frame is a weird', () => {
    const played = play(medibus, [...DIALOGUE.slice(0, 2), [RESP, `\x01$${'1'.repeat(3000)}`]]);
    expect(played.weirds).toEqual(['medibus_frame_limit']);
  });

  it.each([
    ['one frame alone', command('Q'), 'unsure'],
    ['a wrong sum', '\x1bQ6D\r', 'no'],
    ['a code that is not there', command('z'), 'no'],
    ['keys of a terminal', '\x1b[A\x1b[B\r', 'no'],
    ['lower-case digits', '\x1bQ6c\r', 'no'],
    ['a second frame that is none', `${command('Q')}\x1bR00\r`, 'no'],
  ] as const)('%s', (_what, bytes, verdict) => {
    expect(play(medibus, [[ORIG, bytes]]).verdict).toBe(verdict);
  });

  describeDecoderLaws(medibus, { dialogue: DIALOGUE });
});
