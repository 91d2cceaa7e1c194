/**
 * The first phase without packets: saved logs (ours, Zeek's, Suricata's EVE) → the records that decoding would have made, as
 * far as the logs have them. Everything behind it is the same, so that rules can be tried on months of logs.
 *
 * Logs that this program wrote hold tokens by their names (`mrn#1`), which stay; of others, what our decoders would not have
 * shown is made a token here (`foreign-values.ts`). Not possible: `--clock-offset` and whatever else needs frames.
 */
import { InputError, UserError } from '../errors.ts';
import type { CaptureInfo, Coverage } from '../model/analysis.ts';
import { device } from '../model/device.ts';
import { compareMoments } from '../model/moment.ts';
import type { Moment, RecordOf, StreamSchema, Token, Value } from '../model/schema.ts';
import { findSaved, type SavedInput } from '../saved/inputs.ts';
import { readSaved } from '../saved/read.ts';
import type { SavedRow } from '../saved/row.ts';
import { unreadable } from './capture-facts.ts';
import { addTo, inNameOrder } from './counts.ts';
import type { Decoded, DecodeOptions } from './decode.ts';
import { hashFile } from './file-digests.ts';
import { cleanForeign } from './foreign-values.ts';
import { IdentityLog } from './identity-log.ts';
import { MomentaryContent } from './momentary-content.ts';
import { RecordStore } from './record-store.ts';
import { STREAMS } from './streams.ts';
import { shownToken, TokenTable } from './tokens.ts';

export interface SavedOptions extends DecodeOptions {
  readonly since?: Moment | undefined;
  readonly until?: Moment | undefined;
}

/**
 * The saved logs that inputs are, when they are that: undefined when there are captures among them or nothing at all.
 * Logs that lie in a directory beside captures are passed over.
 * @throws UserError when logs, or a directory of nothing but logs, and captures are named side by side
 */
export async function savedInputs(
  names: readonly string[],
  holdsCaptures: (names: readonly string[]) => Promise<boolean>,
): Promise<readonly SavedInput[] | undefined> {
  // One after the other: a list may name more files than may be open at once.
  const logs: SavedInput[] = [];
  const kinds: { readonly name: string; readonly saved: boolean }[] = [];
  for (const name of names) {
    const { logs: own, named } = await findSaved([name]);
    logs.push(...own);
    kinds.push({ name, saved: named.length > 0 || (own.length > 0 && !(await holdsCaptures([name]))) });
  }
  if (logs.length === 0) return undefined;
  const saved = kinds.find(kind => kind.saved);
  const capture = kinds.find(kind => !kind.saved);
  if (capture === undefined) return logs;
  if (saved === undefined) return undefined;
  throw new UserError([
    {
      message: `${saved.name} is saved logs and ${capture.name} is not: a run reads either`,
      hint: 'scan the logs and the captures one after the other',
    },
  ]);
}

/** Reads saved logs, in order, as one analysis. Rejects only on defects and on a full disk. */
export async function decodeSaved(logs: readonly SavedInput[], options: SavedOptions): Promise<Decoded> {
  if ((options.clockOffsets?.size ?? 0) > 0)
    throw new UserError('--clock-offset is for captures: the times of saved logs stay as they are');
  if (options.signatures !== undefined)
    throw new UserError('--signatures is for captures: saved logs have no payload');
  const run = new SavedRun(options);
  const total = logs.reduce((sum, log) => sum + log.size, 0);
  let read = 0;
  const onBytes = (count: number): void => {
    read += count;
    options.onProgress?.(read, total);
  };
  for (const log of logs) {
    if (options.signal?.aborted) break;
    await run.read(log, onBytes);
  }
  return run.finish();
}

class SavedRun {
  readonly #options: SavedOptions;
  readonly #store: RecordStore;
  readonly #tokens: TokenTable;
  readonly #identities: IdentityLog;
  readonly #captures: CaptureInfo[] = [];
  readonly #problems: InputError[] = [];
  readonly #unused = new Map<string, number>();
  #records = 0;
  #outside = 0;

  constructor(options: SavedOptions) {
    this.#options = options;
    this.#store = new RecordStore(options.recordMemory);
    this.#tokens = new TokenTable(options.reveal, options.tokenKey);
    this.#identities = new IdentityLog(
      {
        emit: (stream, record, shard) => this.#store.append(stream, record, shard),
        captureName: () => '',
      },
      options.isInternal,
      options.streams?.has(device.name) ?? true,
    );
  }

  async read(log: SavedInput, onBytes: (count: number) => void): Promise<void> {
    const { signal, hashed } = this.#options;
    const facts = new LogFacts();
    const onRow = (row: SavedRow): void => this.#take(row, log.file, facts);
    const { left, problem } = await readSaved(log, STREAMS, onRow, onBytes, signal);
    for (const [name, count] of left.streams) addTo(this.#unused, `unknown_stream:${name}`, count);
    if (left.values > 0) addTo(this.#unused, 'unfit_value', left.values);
    for (const name of left.fields) addTo(this.#unused, `unknown_field:${name}`, facts.records);
    const lines =
      left.lines === 0
        ? undefined
        : `${left.lines === 1 ? '1 line is no record' : `${left.lines} lines are no records`} (${left.first})`;
    const hostless = [...left.missing].map(([what, count]) => `${count} records of ${what}`).join(', ');
    const wrong =
      problem ?? lines ?? (hostless === '' ? undefined : `${hostless}: rules about hosts cannot match them`);
    if (wrong !== undefined) this.#problems.push(new InputError(log.file, wrong));
    this.#captures.push({
      ...unreadable(log.file, new InputError(log.file, '')),
      format: log.format,
      sha256: hashed ? await hashFile(log.file) : null,
      bytes: log.size,
      records: facts.records,
      first: facts.first,
      last: facts.last,
      containers: log.compressed ? ['gzip'] : [],
      outside: facts.outside,
      status: problem !== undefined ? 'corrupt' : wrong !== undefined ? 'partial' : 'ok',
      problem: wrong ?? null,
    });
  }

  finish(): Decoded {
    const store = this.#store;
    return {
      store,
      tokens: this.#tokens,
      captures: this.#captures,
      coverage: this.#coverage(),
      momentary: new MomentaryContent(),
      clocks: null,
      problems: this.#problems,
      interrupted: this.#options.signal?.aborted ?? false,
    };
  }

  #take({ schema, record, own }: SavedRow, file: string, facts: LogFacts): void {
    const ts = record['ts'] as Moment;
    const { since, until, streams } = this.#options;
    if ((since && compareMoments(ts, since) < 0) || (until && compareMoments(ts, until) >= 0)) {
      facts.outside++;
      this.#outside++;
      return;
    }
    facts.note(ts);
    this.#records++;
    if (streams !== undefined && !streams.has(schema.name)) return;
    if (own) nameShown(schema, record);
    else {
      cleanForeign(schema, record, (kind, value) => this.#tokens.token(kind, value));
      if ('capture' in schema.fields) record['capture'] = file;
      if (schema.name === 'conn') this.#locate(record);
    }
    this.#store.append(schema, record as RecordOf<StreamSchema>, 0);
    // Our own logs have their `device` records.
    if (!own) this.#identities.observeSaved(schema, record);
  }

  /** Zeek knows which hosts are the site's only when it was told; the inventory was. */
  #locate(record: Record<string, Value>): void {
    for (const side of ['orig', 'resp'] as const) {
      const host = record[`id.${side}_h`];
      if (typeof host === 'string') record[`local_${side}`] = this.#options.isInternal(host);
    }
  }

  #coverage(): Coverage {
    const store = this.#store;
    const { overflow } = this.#tokens;
    return {
      frames: 0,
      bytes: 0,
      saved_records: this.#records,
      outside: this.#outside,
      decoded: 0,
      undecoded: inNameOrder(this.#unused),
      snapped: 0,
      duplicates: 0,
      possible_duplicates: 0,
      checksums_checked: 0,
      bad_checksums: {},
      bad_checksum_hosts: 0,
      trailers: {},
      duplicate_vlans: {},
      fragments: 0,
      flows: store.count('conn'),
      records: inNameOrder(new Map(store.names.map(name => [name, store.count(name)]))),
      missed_bytes: 0,
      missed_cut_bytes: 0,
      limits: overflow > 0 ? { protected_values: overflow } : {},
      decoder_failures: {},
    };
  }
}

/** What one log says about itself. */
class LogFacts {
  records = 0;
  outside = 0;
  first: Moment | null = null;
  last: Moment | null = null;

  note(ts: Moment): void {
    this.records++;
    if (this.first === null || compareMoments(ts, this.first) < 0) this.first = ts;
    if (this.last === null || compareMoments(ts, this.last) > 0) this.last = ts;
  }
}

/** Tokens of our own logs are names already. */
function nameShown(schema: StreamSchema, record: Record<string, Value>): void {
  const fields = schema.fields as StreamSchema['fields'];
  for (const [name, value] of Object.entries(record)) {
    const { type } = fields[name]!;
    if (type === 'token') record[name] = shownToken(String(value)) as unknown as Token;
    else if (type === 'set[token]')
      record[name] = (value as readonly string[]).map(shownToken) as unknown as readonly Token[];
  }
}
