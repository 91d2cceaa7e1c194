/** Runs the whole first phase over captures and hands out the records as rows. */
import type { Value } from '../../src/model/schema.ts';
import { type Decoded, type DecodeOptions, decode } from '../../src/pipeline/decode.ts';
import { rowsOf } from './records.ts';

export interface DecodedCapture extends Decoded {
  /** Records of a stream in time order. */
  rows(stream: string): Record<string, Value>[];
}

/** Decodes files with plain options; 10.0.0.0/8 is internal. */
export async function decodeFiles(
  inputs: readonly string[],
  options: Partial<DecodeOptions> = {},
): Promise<DecodedCapture> {
  const decoded = await decode({
    inputs,
    streams: undefined,
    hashed: false,
    reveal: false,
    site: '',
    isInternal: address => address.startsWith('10.'),
    ...options,
  });
  return { ...decoded, rows: stream => rowsOf(decoded.store.read(stream)) };
}
