/** Clocks of several captures, and health of captures as a whole, on captures made from scripts. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { doctor } from '../../src/pipeline/doctor.ts';
import { emptyInventory } from '../../src/pipeline/phases.ts';
import { coverageWords } from '../../src/report/coverage-words.ts';
import { causeWords } from '../../src/report/visibility-words.ts';
import { pcap, pcapngWriter } from '../support/captures.ts';
import { Script } from '../support/flow-script.ts';
import { concat, HOST_A, ip4 } from '../support/frames.ts';
import { tempFolder } from '../support/temp.ts';

const temp = tempFolder();
const SEC = 1_700_000_000;

interface Shot {
  readonly bytes: Uint8Array;
  readonly sec: number;
  readonly nsec: number;
}

/** Conversations of one pair of hosts with ports of their own, one every second. */
function conversations(count: number): Shot[] {
  return Array.from({ length: count }, (_, i) =>
    new Script({ sec: SEC + i, origPort: 40_000 + i })
      .open()
      .orig('PA', { data: `question ${i}` })
      .resp('PA', { data: `answer ${i}` })
      .close()
      .packets.map(({ frame, sec, nsec }) => ({ bytes: frame, sec: sec ?? SEC + i, nsec: nsec ?? 0 })),
  ).flat();
}

const late = (shots: readonly Shot[], seconds: number) =>
  shots.map(shot => ({ ...shot, sec: shot.sec + seconds }));

/** Whether host A sent it: its address stands behind 14 bytes of Ethernet and 12 of IPv4. */
const fromA = ({ bytes }: Shot) => ip4(HOST_A).every((byte, i) => bytes[26 + i] === byte);

async function examine(...captures: readonly (readonly Shot[])[]) {
  const inputs = captures.map((shots, i) => temp.write(`tap-${i}.pcap`, pcap(shots)));
  return doctor({ inputs, inventory: emptyInventory(), reveal: false, dedupWindow: 0.05 });
}

it('an input beyond a limit of reading is neither damaged nor a sign of floods', async () => {
  const whole = pcap(conversations(20));
  const inputs = [
    temp.write('whole.pcap', whole),
    temp.write('thrice.gz', gzipSync(gzipSync(gzipSync(whole)))),
  ];
  const { health, captures } = await doctor({
    inputs,
    inventory: emptyInventory(),
    reveal: false,
    dedupWindow: 0.05,
  });
  expect(health.causes).toEqual([{ cause: 'input_limits', level: 'limited', evidence: { inputs: 1 } }]);
  expect(captures.map(({ limit }) => limit)).toEqual([null, 'compression_depth']);
});

describe('inputs of which nothing comes', () => {
  const text = temp.write('letter.pcap', 'Dear colleague');
  const whole = () => temp.write('whole.pcap', pcap(conversations(5)));
  const headless = () =>
    temp.write('zero.pcap', pcap(conversations(2).map(shot => ({ ...shot, bytes: '', original: 60 }))));
  const words = async (inputs: readonly string[], since?: number) => {
    const result = await doctor({
      inputs,
      inventory: emptyInventory(),
      reveal: false,
      dedupWindow: 0.05,
      since: since === undefined ? undefined : { sec: since, nsec: 0 },
    });
    return result.health.causes.map(cause => {
      const { what, likely, remedy } = causeWords(cause, result.health, result.captures);
      return `${cause.cause}: ${what} ${likely} ${remedy}`;
    });
  };

  it.each<[string, () => string[], number | undefined, RegExp]>([
    [
      'a wrong name',
      () => ['nofile.pcap'],
      undefined,
      /^no_frames: .*nofile\.pcap: no such file.*name is wrong/,
    ],
    ['no capture', () => [text], undefined, /^no_frames: .*not a pcap.*is no capture/],
    [
      'what is packed',
      () => [temp.write('ward.pcap.bz2', 'BZh91AY&SY')],
      undefined,
      /^no_frames: .*bzip2-compressed.*format that is not read/,
    ],
    [
      'no capture beside one',
      () => [whole(), text],
      undefined,
      /^damaged_input: .*not a pcap.*is no capture/,
    ],
    [
      'another time',
      () => [whole()],
      SEC + 9999,
      /^no_frames: \d+ frames are outside of --since.*another day/,
    ],
  ])('%s', async (_, inputs, since, expected) => {
    const [cause, ...others] = await words(inputs(), since);
    expect(cause).toMatch(expected);
    expect(cause).not.toMatch(/being written|capture again/);
    expect(others).toEqual([]);
  });

  it('without a byte of any frame are not decoded, alone or beside others', async () => {
    const { captures, health } = await doctor({
      inputs: [whole(), headless()],
      inventory: emptyInventory(),
      reveal: false,
      dedupWindow: 0.05,
    });
    expect(captures.map(({ status }) => status).sort()).toEqual(['ok', 'undecoded']);
    expect(health.causes.map(({ cause }) => cause)).toContain('damaged_input');
    const told = (await words([headless()])).join();
    expect(told).toContain('at most 0 bytes of each were recorded');
    expect(told).not.toContain('who talked to whom is right');
  });
});

describe('times', () => {
  // Every tenth frame with content is missing although its receiver acknowledged it.
  const holey = new Script().open();
  for (let i = 0; i < 60; i++) {
    if (i % 10 === 5) holey.orig('A', { data: 'x'.repeat(1000) }).lost();
    else holey.orig('A', { data: 'x'.repeat(1000) });
    holey.resp('A');
  }
  const frames = holey.close().packets.map(({ frame, nsec }) => ({ bytes: frame, nsec: nsec ?? 0 }));
  const examineTimed = async (bytes: Uint8Array) => {
    const options = { inventory: emptyInventory(), reveal: false, dedupWindow: 0 };
    return doctor({ ...options, inputs: [temp.write('times.pcapng', bytes)] });
  };

  it('too coarse for durations change nothing about holes and content', async () => {
    const { section, interface: face, enhanced } = pcapngWriter();
    const fine = frames.map(({ bytes, nsec }) =>
      enhanced(BigInt(SEC) * 1_000_000_000n + BigInt(nsec), bytes),
    );
    const coarse = frames.map(({ bytes }) => enhanced(BigInt(SEC), bytes));
    const [exact, rough] = [
      await examineTimed(concat(section(), face({ tsresol: 9 }), ...fine)),
      await examineTimed(concat(section(), face({ tsresol: 0 }), ...coarse)),
    ];
    expect(exact.health).toMatchObject({
      visibility: 'poor',
      facts: { stream_bytes: 60_000, missed_bytes: 6000 },
    });
    expect(rough.health).toEqual(exact.health);
  });

  it('that are not there are a cause', async () => {
    const { section, interface: face, simple } = pcapngWriter();
    const { health } = await examineTimed(
      concat(section(), face(), ...frames.map(({ bytes }) => simple(bytes))),
    );
    expect(health.causes.map(({ cause }) => cause)).toEqual(['stream_gaps', 'no_times']);
    expect(health.facts).toMatchObject({ untimed: frames.length, stream_bytes: 60_000 });
  });
});

describe('clocks', () => {
  it('that saw the same packets are compared by them', async () => {
    const shots = conversations(20);
    const { health } = await examine(shots, late(shots, 3));
    expect(health.clocks).toMatchObject([{ seconds: 3, method: 'packets', matches: shots.length }]);
    expect(health.clocks?.[0]?.capture).toMatch(/tap-1\.pcap$/);
    expect(health.causes.map(({ cause }) => cause)).toEqual(['clocks_disagree']);
  });

  it('that saw one direction each are compared by handshakes', async () => {
    const shots = conversations(20);
    const { health } = await examine(
      shots.filter(fromA),
      late(
        shots.filter(shot => !fromA(shot)),
        -7,
      ),
    );
    expect(health.clocks).toMatchObject([{ method: 'handshakes', matches: 20 }]);
    // The capture that is late by its clock was read first: it is the reference.
    expect(health.clocks?.[0]?.seconds).toBeCloseTo(7, 1);
  });

  it('that agree are no cause', async () => {
    const shots = conversations(20);
    const { health } = await examine(shots, shots.slice(1));
    expect(health.clocks).toMatchObject([{ seconds: 0 }]);
    expect(health.visibility).toBe('good');
  });

  it('of one file given twice, by one name or two, are one, and its frames no copies of a tap', async () => {
    const shots = conversations(20);
    const file = temp.write('once.pcap', pcap(shots));
    const copy = temp.write('copy.pcap', pcap(shots));
    const options = { inventory: emptyInventory(), reveal: false, dedupWindow: 0.05 };
    for (const other of [file, copy]) {
      const { health, captures, coverage } = await doctor({ ...options, inputs: [file, other] });
      expect(captures.map(({ same_as }) => same_as)).toEqual([null, file]);
      expect(health.clocks).toEqual([]);
      const words = coverageWords(coverage, captures)
        .map(({ text }) => text)
        .join(' ');
      expect(words).toContain(other === file ? 'was given twice' : `is the same capture as ${file}`);
      expect(words).not.toContain('SPAN');
    }
  });

  it('that share nothing, or too little, are not compared', async () => {
    const shots = conversations(20);
    expect((await examine(shots.slice(0, 30), late(shots.slice(30), 5))).health.clocks).toEqual([]);
    expect((await examine(shots, late(shots.slice(0, 4), 5))).health.clocks).toEqual([]);
  });
});

describe('health', () => {
  it('of one direction only is poor, whatever the rest', async () => {
    const { health } = await examine(conversations(5).filter(fromA));
    expect(health.visibility).toBe('poor');
    expect(health.facts.tcp).toEqual({ one_way: 5, judged: 5 });
  });

  it('is told for each capture', async () => {
    const shots = conversations(10);
    const half = shots.length / 2;
    const { health } = await examine(shots.slice(0, half), shots.slice(half).filter(fromA));
    expect(health.captures.map(({ visibility }) => visibility)).toEqual(['good', 'poor']);
  });

  it('of cut frames says how much is left of them', async () => {
    const shots = conversations(5).map(shot => ({
      ...shot,
      bytes: shot.bytes.subarray(0, 56),
      original: shot.bytes.length,
    }));
    const { health, captures } = await examine(shots);
    expect(captures[0]).toMatchObject({ cut_to: 56 });
    expect(captures[0]?.snapped).toBe(health.facts.snapped);
    expect(health.causes[0]?.cause).toBe('snap_length');
  });
});
