/** Every stream this build can emit, by name: those of the core and those that protocols declare. */

import { enrichedSchema } from '../model/device.ts';
import type { Protocol } from '../model/protocol.ts';
import type { StreamSchema } from '../model/schema.ts';
import { CORE_STREAMS } from '../model/streams.ts';
import * as registry from '../protocols/registry.ts';

/** Registered protocols, sorted by name. No result depends on the order. */
export const PROTOCOLS: readonly Protocol[] = Object.values(registry as Record<string, Protocol>);

function collect(): ReadonlyMap<string, StreamSchema> {
  const streams = new Map<string, StreamSchema>();
  for (const stream of [...CORE_STREAMS, ...PROTOCOLS.flatMap(protocol => protocol.streams)]) {
    const known = streams.get(stream.name);
    if (known !== undefined && known !== stream) throw new Error(`two schemas for the stream ${stream.name}`);
    streams.set(stream.name, stream);
  }
  return new Map([...streams].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Schemas of all streams, sorted by name. */
export const STREAMS: ReadonlyMap<string, StreamSchema> = collect();

/** The same after enrichment: what rules see. */
export const ENRICHED_STREAMS: ReadonlyMap<string, StreamSchema> = new Map(
  [...STREAMS].map(([name, schema]) => [name, enrichedSchema(schema)]),
);
