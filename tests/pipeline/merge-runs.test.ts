import { expect, test } from 'vitest';
import { BatchBuilder } from '../../src/model/batch-builder.ts';
import { f, stream } from '../../src/model/schema.ts';
import { mergeRuns, placeIn, type Run } from '../../src/pipeline/merge-runs.ts';

const schema = stream('numbers', 'A time.', { ts: f.time('Time.') });

function batchOf(seconds: readonly number[]) {
  const builder = new BatchBuilder(schema);
  for (const sec of seconds) builder.append({ ts: { sec, nsec: 0 } }, sec);
  return builder.build();
}

test('blocks are loaded when it is their turn, so that runs behind one another are never in memory together', () => {
  const loaded: string[] = [];
  const runOf = (name: string, blocks: readonly (readonly number[])[]): Run => ({
    count: blocks.length,
    first: index => placeIn(batchOf(blocks[index]!), 0),
    load: index => {
      loaded.push(`${name}${index}`);
      return batchOf(blocks[index]!);
    },
  });
  const runs = [
    runOf('late', [
      [7, 8],
      [9, 10],
    ]),
    runOf('early', [
      [1, 3],
      [4, 6],
    ]),
    runOf('between', [[2, 5]]),
  ];
  const merged: number[] = [];
  const before: string[][] = [];
  for (const batch of mergeRuns(runs, 2)) {
    before.push([...loaded]);
    for (let row = 0; row < batch.length; row++) merged.push(batch.sec(row));
  }
  expect(merged).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(before).toEqual([
    ['early0', 'between0'],
    ['early0', 'between0', 'early1'],
    ['early0', 'between0', 'early1'],
    ['early0', 'between0', 'early1', 'late0'],
    ['early0', 'between0', 'early1', 'late0', 'late1'],
  ]);
});
