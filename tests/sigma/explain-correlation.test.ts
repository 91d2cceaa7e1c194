import { describe, expect, test } from 'vitest';
import { BATCH_ROWS } from '../../src/model/batch.ts';
import type { CorrelationExplanation } from '../../src/model/explanation.ts';
import { Correlator } from '../../src/sigma/correlate.ts';
import { evaluate } from '../../src/sigma/evaluate.ts';
import { CorrelationExplainer } from '../../src/sigma/explain-correlation.ts';
import { compileDocuments, correlationText, kindRule } from './correlation-support.ts';
import { batchOf, type SampleRecord } from './support.ts';

/** Explains the correlation `c` over records, which are in the order of time. */
function explain(body: string, records: readonly SampleRecord[], limit = 9): CorrelationExplanation {
  const { rules, correlations } = compileDocuments([
    kindRule('a'),
    kindRule('b'),
    correlationText('c', body),
  ]);
  const correlation = correlations.find(each => each.info.name === 'c')!;
  const explainer = new CorrelationExplainer(
    correlation,
    correlation.members.map(({ id }) => rules.find(rule => rule.info.id === id)?.info.name ?? id),
  );
  const correlator = new Correlator(correlations, { watch: explainer.watch });
  for (let from = 0; from < records.length; from += BATCH_ROWS) {
    const batch = batchOf(records.slice(from, from + BATCH_ROWS));
    const hits = rules.flatMap(rule => [...evaluate(rule, batch)].map(row => ({ rule, row })));
    hits.sort((one, other) => one.row - other.row);
    for (const { rule, row } of hits) {
      explainer.matched(rule.info.id, false);
      correlator.add(rule.info.id, batch, row);
      for (const _ of correlator.take()) explainer.contributed();
    }
  }
  correlator.finish();
  for (const _ of correlator.take()) explainer.contributed();
  return explainer.result(limit);
}

const at = (sec: number, kind: string, text?: string, number?: number): SampleRecord => ({
  ts: { sec, nsec: 0 },
  kind,
  ...(text === undefined ? {} : { text }),
  ...(number === undefined ? {} : { number }),
});

describe('explanation of a correlation', () => {
  test('counts: groups that fired, then those that came nearest, each in its best window', () => {
    const body = '{type: event_count, rules: [a], group-by: [text], timespan: 10s, condition: {gte: 3}}';
    const records = [
      at(1, 'a', 'x'),
      at(2, 'a', 'x'),
      at(3, 'a', 'y'),
      at(4, 'a', 'x'),
      at(20, 'a', 'y'),
      at(21, 'a', 'z'),
      at(22, 'a', 'y'),
      at(40, 'a', 'y'),
      at(41, 'a'),
    ];
    const { shown, members, ...rest } = explain(body, records);
    expect(rest).toMatchObject({
      type: 'event_count',
      timespan: 10,
      group_by: ['text'],
      matched: 3,
      groups: 3,
    });
    expect(members).toEqual([{ rule: 'a', matched: 9, suppressed: 0, without_field: 1 }]);
    expect(
      shown.map(({ group, fired, measure, from, to }) => [group[0]?.value, fired, measure, from.sec, to.sec]),
    ).toEqual([
      ['x', true, 3, 1, 4],
      ['y', false, 2, 20, 22],
      ['z', false, 1, 21, 21],
    ]);
    expect(shown[1]?.thresholds).toEqual([{ comparison: 'gte', value: 3, holds: false }]);
    expect(explain(body, records, 1).shown).toHaveLength(1);
  });

  test.each([
    ['value_count', '{field: number, gte: 3}', 2],
    ['value_sum', '{field: number, gt: 100}', 7],
    ['value_avg', '{field: number, gt: 100}', 3],
    ['value_median', '{field: number, gt: 100}', 2],
  ])('%s says the number its condition is about', (type, condition, measure) => {
    const body = `{type: ${type}, rules: [a], group-by: [text], timespan: 10s, condition: ${condition}}`;
    const records = [at(1, 'a', 'x', 2), at(2, 'a', 'x', 2), at(3, 'a', 'x', 3), at(4, 'b', 'x', 3)];
    const [group] = explain(body, records).shown;
    expect([group?.fired, group?.measure]).toEqual([
      false,
      type === 'value_avg' || type === 'value_median' ? expect.any(Number) : measure,
    ]);
  });

  test('temporal: which rules occur; temporal_ordered: how far the order holds', () => {
    const rest = 'rules: [a, b], group-by: [text], timespan: 10s}';
    const wrongOrder = [at(1, 'b', 'x'), at(2, 'a', 'x')];
    expect(explain(`{type: temporal, ${rest}`, wrongOrder).shown[0]).toMatchObject({
      fired: true,
      rules: [
        { rule: 'a', occurs: true },
        { rule: 'b', occurs: true },
      ],
    });
    expect(explain(`{type: temporal_ordered, ${rest}`, wrongOrder).shown[0]).toMatchObject({
      fired: false,
      measure: null,
      rules: [
        { rule: 'a', occurs: true },
        { rule: 'b', occurs: false },
      ],
    });
  });

  test('nothing matched', () => {
    const body = '{type: temporal, rules: [a, b], timespan: 10s}';
    expect(explain(body, [])).toMatchObject({ groups: 0, shown: [], matched: 0 });
  });

  test('as many groups as may come cost what is kept', () => {
    const body = '{type: event_count, rules: [a], group-by: [text], timespan: 1s, condition: {gte: 2}}';
    const records = Array.from({ length: 12_000 }, (_, i) => at(i * 5, 'a', `g${i}`));
    records.push(at(100_000, 'a', 'late'), at(100_000, 'a', 'late'));
    const { shown, groups } = explain(body, records, 2);
    expect(groups).toBe(10_001);
    expect(shown[0]).toMatchObject({ fired: true, group: [{ field: 'text', value: 'late' }] });
  });
});
