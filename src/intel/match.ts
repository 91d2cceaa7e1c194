/**
 * Where records name something that an indicator may name, and what is found there. The places are those of Zeek's
 * intelligence framework (policy/frameworks/intel/seen) with its names, and DICOM's AE titles.
 *
 * Works on columns: a text is looked up once per dictionary entry. An indicator holds until it expires, by the time of the
 * record; from when on its source knew it does not matter, since captures are older than what is learnt from them.
 */
import type { Batch, Column } from '../model/batch.ts';
import { INTEL_TYPES, type IntelKind } from '../model/intel.ts';
import { ipv4Word } from '../net/address.ts';
import { INTEL_LIMITS } from './limits.ts';
import { ipv4Range, normalise, plainUrl } from './normalise.ts';
import type { IndicatorTable } from './table.ts';

/** What a field holds: a kind, or a host's address or name. */
type Holds = 'host' | 'email_header' | Exclude<IntelKind, 'subnet'>;

interface Place {
  readonly field: string;
  readonly holds: Holds;
  readonly where: string;
}

const place = (field: string, holds: Holds, where: string): Place => ({ field, holds, where });

/** Fields that are looked up, by stream. */
const PLACES: Readonly<Record<string, readonly Place[]>> = {
  conn: [place('id.orig_h', 'addr', 'Conn::IN_ORIG'), place('id.resp_h', 'addr', 'Conn::IN_RESP')],
  dns: [place('query', 'domain', 'DNS::IN_REQUEST'), place('answers', 'host', 'DNS::IN_RESPONSE')],
  http: [
    place('host', 'host', 'HTTP::IN_HOST_HEADER'),
    place('uri', 'url', 'HTTP::IN_URL'),
    place('referrer', 'url', 'HTTP::IN_REFERRER_HEADER'),
    place('user_agent', 'software', 'HTTP::IN_USER_AGENT_HEADER'),
  ],
  ssl: [
    place('server_name', 'host', 'SSL::IN_SERVER_NAME'),
    place('ja3', 'ja3', 'SSL::IN_JA3'),
    place('ja4', 'ja4', 'SSL::IN_JA4'),
  ],
  quic: [place('server_name', 'host', 'SSL::IN_SERVER_NAME')],
  x509: [
    place('fingerprint', 'cert_hash', 'X509::IN_CERT'),
    place('fingerprint_sha1', 'cert_hash', 'X509::IN_CERT'),
    place('san.dns', 'domain', 'X509::IN_CERT'),
  ],
  files: [
    place('md5', 'file_hash', 'Files::IN_HASH'),
    place('sha1', 'file_hash', 'Files::IN_HASH'),
    place('sha256', 'file_hash', 'Files::IN_HASH'),
  ],
  smtp: [
    place('mailfrom', 'email_header', 'SMTP::IN_MAIL_FROM'),
    place('rcptto', 'email_header', 'SMTP::IN_RCPT_TO'),
    place('from', 'email_header', 'SMTP::IN_FROM'),
    place('to', 'email_header', 'SMTP::IN_TO'),
    place('cc', 'email_header', 'SMTP::IN_CC'),
    place('reply_to', 'email_header', 'SMTP::IN_REPLY_TO'),
    place('x_originating_ip', 'addr', 'SMTP::IN_X_ORIGINATING_IP_HEADER'),
  ],
  socks: [
    place('request.host', 'addr', 'SOCKS::IN_REQUEST'),
    place('request.name', 'domain', 'SOCKS::IN_REQUEST'),
  ],
  dicom: [
    place('calling_ae', 'ae_title', 'DICOM::IN_CALLING_AE'),
    place('called_ae', 'ae_title', 'DICOM::IN_CALLED_AE'),
    place('move_destination', 'ae_title', 'DICOM::IN_MOVE_DESTINATION'),
  ],
};

/** Streams that are looked through. */
export const INTEL_STREAMS: readonly string[] = Object.keys(PLACES);

/** Something in a record that indicators name. */
export interface Seen {
  readonly row: number;
  readonly where: string;
  readonly value: string;
  /** Zeek's type of the value. */
  readonly type: string;
  /** Indicators that hold, most specific first. */
  readonly entries: readonly number[];
}

const NOTHING: readonly number[] = [];

export class IntelMatcher {
  readonly table: IndicatorTable;
  /** Answers by kind and value. */
  readonly #known = new Map<string, readonly number[]>();
  /** Prefix lengths of ranges, longest first; by family. */
  readonly #prefixes: Readonly<Record<'ipv4' | 'ipv6', readonly number[]>>;

  constructor(table: IndicatorTable) {
    this.table = table;
    this.#prefixes = prefixesOf(table);
  }

  /** Everything in a batch that indicators name. */
  *look(batch: Batch): Generator<Seen> {
    for (const { field, holds, where } of PLACES[batch.schema.name] ?? []) {
      if (!this.#mayHold(holds)) continue;
      const column = batch.column(field);
      if (column === null || column === undefined) continue;
      if (field === 'uri') yield* this.#urls(batch, column, where);
      else if (column.kind === 'dict') yield* this.#texts(batch, column, holds, where);
      else if (column.kind === 'list') yield* this.#lists(batch, column, holds, where);
    }
  }

  /** Indicators of an address at a time, most specific first. */
  ofAddress(address: string): readonly number[] {
    return this.#find('addr', address);
  }

  /** Indicators of a name and of the domains it is in. */
  ofName(name: string): readonly number[] {
    return this.#find('domain', name);
  }

  live(entries: readonly number[], time: number): readonly number[] {
    return entries.every(entry => this.table.holds(entry, time))
      ? entries
      : entries.filter(entry => this.table.holds(entry, time));
  }

  *#texts(batch: Batch, column: Column & { kind: 'dict' }, holds: Holds, where: string): Generator<Seen> {
    const found = column.dict.map((text, code) => (code === 0 ? NOTHING : this.#find(holds, text)));
    if (found.every(entries => entries.length === 0)) return;
    for (let row = 0; row < batch.length; row++) {
      const code = column.codes[row]!;
      if (found[code]!.length > 0)
        yield* this.#seen(batch, row, where, holds, column.dict[code]!, found[code]!);
    }
  }

  *#lists(batch: Batch, column: Column & { kind: 'list' }, holds: Holds, where: string): Generator<Seen> {
    for (let row = 0; row < batch.length; row++) {
      for (const item of column.lists[row] ?? []) {
        if (typeof item !== 'string') continue;
        const entries = this.#find(holds, item);
        if (entries.length > 0) yield* this.#seen(batch, row, where, holds, item, entries);
      }
    }
  }

  /** Host and path of each request. */
  *#urls(batch: Batch, column: Column, where: string): Generator<Seen> {
    if (column.kind !== 'dict') return;
    const host = batch.column('host');
    for (let row = 0; row < batch.length; row++) {
      const uri = column.codes[row] === 0 ? undefined : column.dict[column.codes[row]!]!;
      if (uri === undefined) continue;
      const name = host?.kind === 'dict' && host.codes[row] !== 0 ? host.dict[host.codes[row]!]! : '';
      const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(uri) ? uri : `${name}${uri}`;
      const entries = this.#find('url', url);
      if (entries.length > 0) yield* this.#seen(batch, row, where, 'url', url, entries);
    }
  }

  *#seen(
    batch: Batch,
    row: number,
    where: string,
    holds: Holds,
    value: string,
    entries: readonly number[],
  ): Generator<Seen> {
    const live = this.live(entries, batch.sec(row));
    if (live.length === 0) return;
    const kind =
      holds === 'email_header'
        ? 'email'
        : holds === 'host'
          ? normalise('addr', value) === undefined
            ? 'domain'
            : 'addr'
          : holds;
    yield { row, where, value, type: INTEL_TYPES[kind], entries: live };
  }

  #mayHold(holds: Holds): boolean {
    const has = (kind: IntelKind): boolean => this.table.counts.has(kind);
    if (holds === 'host') return has('addr') || has('subnet') || has('domain');
    if (holds === 'addr') return has('addr') || has('subnet');
    return has(holds === 'email_header' ? 'email' : holds);
  }

  #find(holds: Holds, value: string): readonly number[] {
    const key = `${holds} ${value}`;
    let found = this.#known.get(key);
    if (found === undefined) {
      found = this.#search(holds, value);
      if (this.#known.size >= INTEL_LIMITS.remembered) this.#known.clear();
      this.#known.set(key, found);
    }
    return found;
  }

  #search(holds: Holds, value: string): readonly number[] {
    switch (holds) {
      case 'addr':
        return this.#address(value);
      case 'host': {
        const bare = value.replace(/^\[(.*)\](?::\d+)?$/, '$1').replace(/^([^:]+):\d{1,5}$/, '$1');
        return normalise('addr', bare) === undefined ? this.#name(bare) : this.#address(bare);
      }
      case 'domain':
        return this.#name(value);
      case 'url':
        return this.table.find('url', plainUrl(value) ?? '');
      case 'email_header': {
        const address = /<([^<>]*)>[^<>]*$/.exec(value)?.[1] ?? value;
        return this.table.find('email', address.trim().toLowerCase());
      }
      case 'ae_title':
        return this.table.find('ae_title', value.trim());
      case 'software':
        return this.table.find('software', value);
      default:
        return this.table.find(holds, value.toLowerCase());
    }
  }

  #address(value: string): readonly number[] {
    const found = [...this.table.find('addr', value)];
    const word = ipv4Word(value);
    for (const prefix of this.#prefixes[value.includes(':') ? 'ipv6' : 'ipv4']) {
      if (found.length >= INTEL_LIMITS.matches) break;
      const range = word >= 0 ? ipv4Range(word, prefix) : normalise('subnet', `${value}/${prefix}`);
      if (range !== undefined) found.push(...this.table.find('subnet', range));
    }
    return found.length === 0 ? NOTHING : found;
  }

  #name(value: string): readonly number[] {
    const found: number[] = [];
    let name = value.replace(/\.$/, '').toLowerCase();
    if (name.length > 255) return NOTHING;
    while (found.length < INTEL_LIMITS.matches) {
      found.push(...this.table.find('domain', name));
      const dot = name.indexOf('.');
      if (dot < 0) break;
      name = name.slice(dot + 1);
    }
    return found.length === 0 ? NOTHING : found;
  }
}

function prefixesOf(table: IndicatorTable): Readonly<Record<'ipv4' | 'ipv6', readonly number[]>> {
  const found = { ipv4: new Set<number>(), ipv6: new Set<number>() };
  if (table.counts.has('subnet')) {
    for (const text of table.texts('subnet'))
      found[text.includes(':') ? 'ipv6' : 'ipv4'].add(Number(text.slice(text.indexOf('/') + 1)));
  }
  const sorted = (prefixes: ReadonlySet<number>) => [...prefixes].sort((a, b) => b - a);
  return { ipv4: sorted(found.ipv4), ipv6: sorted(found.ipv6) };
}
