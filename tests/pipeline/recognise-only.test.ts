/**
 * When only flows are asked for, protocols are decoded no further than their names need: the `conn` records are those of a
 * run that decodes everything. Over the fixtures, and the captures kept outside the repository.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEDUP_WINDOW } from '../../src/model/reading-defaults.ts';
import { logs } from '../../src/pipeline/logs.ts';
import { emptyInventory } from '../../src/pipeline/phases.ts';
import { FIXTURES, hasShared, SHARED } from '../support/paths.ts';
import { rowsOf } from '../support/records.ts';

const MAX_BYTES = 1 << 20;

async function connOf(file: string, streams: readonly string[] | undefined) {
  const result = await logs({
    inputs: [file],
    inventory: emptyInventory(),
    reveal: false,
    dedupWindow: DEDUP_WINDOW,
    streams,
    enrich: false,
  });
  const conn = result.streams.find(({ schema }) => schema.name === 'conn');
  // Names of captures may be masked where decoders found identifiers.
  const rows = rowsOf(conn?.batches() ?? []).map(({ capture, ...row }) => row);
  result.close();
  return rows;
}

function capturesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => /\.pcap(ng)?$/.test(name))
    .map(name => join(folder, name))
    .filter(path => statSync(path).size <= MAX_BYTES);
}

describe('conn without decoding', () => {
  it.each(['ward.pcap', 'clinic.pcapng'])('%s', async name => {
    const file = join(FIXTURES, name);
    expect(await connOf(file, ['conn'])).toEqual(await connOf(file, undefined));
  });

  it.skipIf(!hasShared())('captures outside the repository', { timeout: 600_000 }, async () => {
    const differing: string[] = [];
    const files = capturesIn(SHARED);
    for (const file of files) {
      const [named, decoded] = [await connOf(file, ['conn']), await connOf(file, undefined)];
      if (JSON.stringify(named) !== JSON.stringify(decoded)) differing.push(file);
    }
    expect(files.length).toBeGreaterThan(100);
    expect(differing).toEqual([]);
  });
});
