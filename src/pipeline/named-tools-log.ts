/**
 * Tools for remote support seen in records of any protocol → `remote_support` records. The names stand in TLS, DNS and HTTP
 * records alike, so they are looked up where all records pass, and no decoder need know of it; what a tool's own protocol shows
 * its decoder says itself.
 *
 * One record per flow, tool and evidence; for names that are only asked for, one per host. Limit:
 * `LIMITS.remoteSupportPerShard` are remembered per shard; when full the memory starts anew.
 */
import { type RemoteSupportMatch, remoteSupportAgent, remoteSupportDomain } from '../model/remote-support.ts';
import type { RecordOf, StreamSchema } from '../model/schema.ts';
import type { remoteSupport } from '../model/streams.ts';
import { LIMITS } from './limits.ts';

/** What in a record of a stream gives a tool away. */
interface Clue {
  readonly field: string;
  readonly evidence: string;
  readonly find: (value: string) => RemoteSupportMatch | undefined;
}

const CLUES: Readonly<Record<string, readonly Clue[]>> = {
  dns: [{ field: 'query', evidence: 'query', find: remoteSupportDomain }],
  ssl: [{ field: 'server_name', evidence: 'server_name', find: remoteSupportDomain }],
  quic: [{ field: 'server_name', evidence: 'server_name', find: remoteSupportDomain }],
  http: [
    { field: 'host', evidence: 'host', find: remoteSupportDomain },
    { field: 'user_agent', evidence: 'user_agent', find: remoteSupportAgent },
  ],
};

/** Where the records go. */
type Emit = (record: RecordOf<typeof remoteSupport>, shard: number) => void;

export class RemoteSupportLog {
  readonly #emit: Emit;
  readonly #seen = new Map<number, Set<string>>();

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  /** Looks at a record that is about to be kept. */
  observe(stream: StreamSchema, record: Readonly<Record<string, unknown>>, shard: number): void {
    for (const { field, evidence, find } of CLUES[stream.name] ?? []) {
      const value = record[field];
      const match = typeof value === 'string' && value !== '' ? find(value) : undefined;
      if (match === undefined || !this.#isNew(match.tool, evidence, record, shard)) continue;
      const seen = record as RecordOf<typeof remoteSupport>;
      this.#emit(
        {
          ts: seen.ts,
          uid: seen.uid,
          'id.orig_h': seen['id.orig_h'],
          'id.orig_p': seen['id.orig_p'],
          'id.resp_h': seen['id.resp_h'],
          'id.resp_p': seen['id.resp_p'],
          tool: match.tool,
          evidence,
          value: value as string,
          confidence: confidenceOf(evidence, match),
          frame: seen.frame,
          capture: seen.capture,
        },
        shard,
      );
    }
  }

  #isNew(tool: string, evidence: string, record: Readonly<Record<string, unknown>>, shard: number): boolean {
    const seen = this.#seen.get(shard) ?? new Set<string>();
    this.#seen.set(shard, seen);
    const who = evidence === 'query' ? record['id.orig_h'] : record['uid'];
    const key = `${who} ${tool} ${evidence}`;
    if (seen.has(key)) return false;
    if (seen.size >= LIMITS.remoteSupportPerShard) seen.clear();
    seen.add(key);
    return true;
  }
}

/** A name that is asked for may come from a link in a web page; a connection to a relay does not. */
function confidenceOf(evidence: string, { running }: RemoteSupportMatch): string {
  if (evidence === 'query') return running ? 'medium' : 'low';
  return running ? 'high' : 'medium';
}
