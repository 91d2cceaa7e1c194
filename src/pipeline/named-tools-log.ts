/**
 * Tools seen by their names in records of any protocol → `remote_support` and `anonymiser` records. The names stand in
 * TLS, DNS and HTTP records alike, so they are looked up where all records pass, and no decoder need know of it; what a
 * tool's own protocol shows its decoder says itself.
 *
 * One record per flow, tool and evidence; for names that are only asked for, one per host. Limit:
 * `LIMITS.namedToolsPerShard` are remembered per shard; when full the memory starts anew.
 */
import { ANONYMISERS, isTorCertificate, isTorDirectoryPath, torHello } from '../model/anonymisers.ts';
import type { ToolMatch, ToolNames } from '../model/named-tools.ts';
import { REMOTE_SUPPORT } from '../model/remote-support.ts';
import type { RecordOf, StreamSchema } from '../model/schema.ts';
import { anonymiser, remoteSupport } from '../model/streams.ts';
import { LIMITS } from './limits.ts';
import { Repeats } from './repeats.ts';

/** A stream of tools. */
type ToolStream = typeof remoteSupport | typeof anonymiser;

type Fields = Readonly<Record<string, unknown>>;

/** What was found, and how sure that is when it is not as usual. */
interface Found extends ToolMatch {
  readonly confidence?: string;
}

/** What in a record of a stream gives a tool away. */
interface Clue {
  readonly out: ToolStream;
  readonly field: string;
  readonly evidence: string;
  readonly find: (value: string, record: Fields) => Found | undefined;
}

const LISTS: readonly (readonly [ToolStream, ToolNames])[] = [
  [remoteSupport, REMOTE_SUPPORT],
  [anonymiser, ANONYMISERS],
];

const domainIn = (field: string): readonly Clue[] =>
  LISTS.map(([out, names]): Clue => ({ out, field, evidence: field, find: value => names.domain(value) }));

const TOR = { tool: 'Tor', running: true } as const;

const torName: Clue = {
  out: anonymiser,
  field: 'server_name',
  evidence: 'server_name',
  find(value, record) {
    const confidence = torHello(value, Number(record['id.resp_p']));
    return confidence && { ...TOR, confidence };
  },
};

const CLUES: Readonly<Record<string, readonly Clue[]>> = {
  dns: domainIn('query'),
  ssl: [...domainIn('server_name'), torName],
  quic: domainIn('server_name'),
  x509: [
    {
      out: anonymiser,
      field: 'certificate.subject',
      evidence: 'certificate',
      find: (subject, record) =>
        isTorCertificate(subject, String(record['certificate.issuer'])) ? TOR : undefined,
    },
  ],
  http: [
    ...domainIn('host'),
    ...LISTS.map(
      ([out, names]): Clue => ({
        out,
        field: 'user_agent',
        evidence: 'user_agent',
        find: value => names.agent(value),
      }),
    ),
    {
      out: anonymiser,
      field: 'uri',
      evidence: 'uri',
      find: value => (isTorDirectoryPath(value) ? TOR : undefined),
    },
  ],
};

/** Where the records go. */
type Emit = (stream: ToolStream, record: RecordOf<ToolStream>, shard: number) => void;

export class NamedToolsLog {
  readonly #emit: Emit;
  readonly #seen = new Map<number, Repeats>();

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  /** Looks at a record that is about to be kept. */
  observe(stream: StreamSchema, record: Fields, shard: number): void {
    for (const { out, field, evidence, find } of CLUES[stream.name] ?? []) {
      const value = record[field];
      const match = typeof value === 'string' && value !== '' ? find(value, record) : undefined;
      if (match === undefined || !this.#isNew(match.tool, evidence, record, shard)) continue;
      const seen = record as RecordOf<ToolStream>;
      this.#emit(
        out,
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
          confidence: match.confidence ?? confidenceOf(evidence, match),
          frame: seen.frame,
          capture: seen.capture,
        },
        shard,
      );
    }
  }

  #isNew(tool: string, evidence: string, record: Fields, shard: number): boolean {
    const seen = this.#seen.get(shard) ?? new Repeats(LIMITS.namedToolsPerShard);
    this.#seen.set(shard, seen);
    const who = evidence === 'query' ? record['id.orig_h'] : record['uid'];
    return !seen.has(`${who} ${tool} ${evidence}`);
  }
}

/** A name that is asked for may come from a link in a web page; a connection to a relay does not. */
function confidenceOf(evidence: string, { running }: ToolMatch): string {
  if (evidence === 'query') return running ? 'medium' : 'low';
  return running ? 'high' : 'medium';
}
