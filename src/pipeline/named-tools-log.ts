/**
 * Tools seen by their names in records of any protocol → `remote_support` and `anonymiser` records. The names stand in
 * TLS, DNS and HTTP records alike, so they are looked up where all records pass, and no decoder need know of it; what a
 * tool's own protocol shows its decoder says itself.
 *
 * One record per flow, tool and evidence; for names that are only asked for, one per host. Limit:
 * `LIMITS.namedToolsPerShard` are remembered per shard; when full the memory starts anew.
 */
import { ANONYMISERS, isTorCertificate, isTorDirectoryPath, torHello } from '../model/anonymisers.ts';
import type { FlowStamp } from '../model/flow-stamp.ts';
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
  readonly find: (value: string, record: Fields, stamp: FlowStamp) => Found | undefined;
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
  find(value, _, { respPort }) {
    const confidence = torHello(value, respPort);
    return confidence && { ...TOR, confidence };
  },
};

/** By the name of the stream. */
const CLUES: ReadonlyMap<string, readonly Clue[]> = new Map(
  Object.entries<readonly Clue[]>({
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
  }),
);

/** Where the records go. */
type Emit = (stream: ToolStream, record: RecordOf<ToolStream>, shard: number) => void;

export class NamedToolsLog {
  readonly #emit: Emit;
  readonly #seen = new Map<number, Repeats>();

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  /** Looks at a record of a flow that is about to be kept. */
  observe(stream: StreamSchema, record: Fields, shard: number, stamp: FlowStamp): void {
    const clues = CLUES.get(stream.name);
    if (clues === undefined) return;
    for (const { out, field, evidence, find } of clues) {
      const value = record[field];
      const match = typeof value === 'string' && value !== '' ? find(value, record, stamp) : undefined;
      if (match === undefined || !this.#isNew(match.tool, evidence, shard, stamp)) continue;
      this.#emit(
        out,
        {
          ts: (record as RecordOf<ToolStream>).ts ?? { sec: stamp.sec, nsec: stamp.nsec },
          uid: stamp.uid,
          'id.orig_h': stamp.origHost,
          'id.orig_p': stamp.origPort,
          'id.resp_h': stamp.respHost,
          'id.resp_p': stamp.respPort,
          tool: match.tool,
          evidence,
          value: value as string,
          confidence: match.confidence ?? confidenceOf(evidence, match),
          frame: (record as RecordOf<ToolStream>).frame ?? stamp.frame,
          capture: stamp.capture,
        },
        shard,
      );
    }
  }

  #isNew(tool: string, evidence: string, shard: number, { origHost, uid }: FlowStamp): boolean {
    const seen = this.#seen.get(shard) ?? new Repeats(LIMITS.namedToolsPerShard);
    this.#seen.set(shard, seen);
    return !seen.has(`${evidence === 'query' ? origHost : uid} ${tool} ${evidence}`);
  }
}

/** A name that is asked for may come from a link in a web page; a connection to a relay does not. */
function confidenceOf(evidence: string, { running }: ToolMatch): string {
  if (evidence === 'query') return running ? 'medium' : 'low';
  return running ? 'high' : 'medium';
}
