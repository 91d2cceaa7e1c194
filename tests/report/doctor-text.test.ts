import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { CAUSES, type Health } from '../../src/model/health.ts';
import { doctorText } from '../../src/report/doctor-text.ts';
import { doctorJson } from '../../src/report/json.ts';
import { causeWords, percent } from '../../src/report/visibility-words.ts';
import { BAD, EVERY_CAUSE, GOOD } from './health-sample.ts';
import { CAPTURES, CLEAN_COVERAGE, COVERAGE, sampleReport } from './sample.ts';

function report(health: Health) {
  const good = health.visibility === 'good';
  const captures = good ? CAPTURES.slice(0, 1) : CAPTURES;
  const judged = captures.map(({ name }) => ({ ...health, capture: name }));
  const { rules: _rules, ...run } = sampleReport().run;
  return {
    run,
    captures,
    coverage: good ? CLEAN_COVERAGE : COVERAGE,
    health: { ...health, captures: judged },
  };
}
const text = (health: Health, colour = false, width = 80) => doctorText(report(health), { colour, width });

describe('doctor', () => {
  it('of a good capture', async () => {
    await expect(text(GOOD)).toMatchFileSnapshot('golden/doctor-good.txt');
  });

  it('of a capture that has everything', async () => {
    await expect(text(BAD)).toMatchFileSnapshot('golden/doctor-bad.txt');
  });

  it('as JSON', async () => {
    await expect(doctorJson(report(BAD))).toMatchFileSnapshot('golden/doctor.json.golden');
  });

  it('colour changes no character', () => {
    expect(stripVTControlCharacters(text(BAD, true))).toBe(text(BAD));
  });

  it('shows no control character of a name', () => {
    const captures = CAPTURES.map(capture => ({ ...capture, name: `${capture.name}\u001b[2J` }));
    expect(doctorText({ ...report(BAD), captures }, { colour: false, width: 80 })).not.toContain('\u001b');
  });
});

it('every cause has words, and says what to do', () => {
  const shown = new Map(EVERY_CAUSE.map(cause => [cause.cause, cause]));
  for (const cause of CAUSES) {
    const words = causeWords(shown.get(cause) ?? { cause, level: 'poor', evidence: {} }, BAD, CAPTURES);
    for (const sentence of Object.values(words).filter(word => typeof word === 'string')) {
      expect(sentence.length).toBeGreaterThan(10);
      expect(sentence).not.toMatch(/undefined|NaN|\bnull\b/);
    }
  }
});

it('every cause is in the list of docs/output.md', () => {
  const list = readFileSync('docs/output.md', 'utf8').split('### Causes')[1]!.split('\n## ')[0]!;
  const listed = [...list.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(listed.sort()).toEqual([...CAUSES].sort());
});

it('a clock that is ahead is corrected by a negative offset', () => {
  const cause = EVERY_CAUSE.find(each => each.cause === 'clocks_disagree')!;
  expect(causeWords(cause, BAD, CAPTURES).remedy).toBe(
    'analyse again with --clock-offset ward/tuesday.pcapng=-2.304',
  );
});

it.each<[number, string]>([
  [0, '0 %'],
  [0.00001, 'less than 0.01 %'],
  [0.0012, '0.12 %'],
  [0.05, '5 %'],
  [0.1234, '12 %'],
  [0.9989, '99.8 %'],
  [1, '100 %'],
])('%d as a percentage', (share, shown) => expect(percent(share)).toBe(shown));
