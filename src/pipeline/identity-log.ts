/**
 * What hosts say of themselves → `device` records, once per host, attribute and value: what decoders note, and what the
 * records of any stream show (`devices/clues.ts`). The MAC address of the host's frames counts as well: when an address
 * changes hands, the next device may say the same. What records show of hosts outside the site is passed over.
 *
 * Limit: `LIMITS.identitiesPerShard` are remembered per shard; when full the memory starts anew, so that repeats may be
 * logged again but nothing is lost.
 */
import { cluesOf, NO_CLUES, type RecordClue, type RecordFields } from '../devices/clues.ts';
import { device, type IdentityAttribute, SAID } from '../model/device.ts';
import type { FlowView } from '../model/flow.ts';
import { type Direction, type IdentitySeen, ORIG, RESP } from '../model/protocol.ts';
import type { Moment, StreamSchema } from '../model/schema.ts';
import type { RecordSink } from './flow-context.ts';
import { LIMITS } from './limits.ts';
import { Repeats } from './repeats.ts';

/** Longer values are cut. */
const MAX_VALUE = 256;

/** Streams of records that do not belong to one flow. */
const WITHOUT_FLOW = new Set(['dhcp', 'dhcpv6', 'neighbour', 'icmp6_nd']);

/** What was said, and how sure that is. */
interface Said {
  readonly attribute: IdentityAttribute;
  readonly value?: string | undefined;
  readonly confidence?: number | undefined;
  readonly behind?: boolean | undefined;
}

/** Whom it is about, and who said so. */
interface About {
  readonly host: string | undefined;
  readonly mac: string | undefined;
  /** Stream or protocol. */
  readonly source: string;
}

/** When and where it was said. */
interface Place {
  readonly ts: Moment;
  readonly frame: number;
  readonly capture: string;
}

export class IdentityLog {
  readonly #sink: RecordSink;
  readonly #isInternal: ((address: string) => boolean) | undefined;
  readonly #shards = new Map<number, Repeats>();

  /**
   * @param isInternal whether an address belongs to the site
   * @param kept whether `device` records are kept at all
   */
  constructor(sink: RecordSink, isInternal: (address: string) => boolean, kept = true) {
    this.#sink = sink;
    this.#isInternal = kept ? isInternal : undefined;
  }

  /**
   * What a decoder noted.
   * @param protocol whose decoder it was
   */
  note(flow: FlowView, seen: IdentitySeen, protocol: string): void {
    if (this.#isInternal === undefined) return;
    const own = hostOf(flow, seen.side);
    const host = seen.host ?? own;
    const mac = host === own ? flow.macOf(seen.side) : macOf(flow, host);
    const about = { host, mac, source: seen.source ?? protocol };
    const value = this.#newValue(seen, about, flow.shard);
    if (value === undefined) return;
    const place = {
      ts: seen.ts ?? flow.now,
      frame: seen.frame ?? flow.frame,
      capture: this.#sink.captureName(flow.capture),
    };
    this.#log(seen, value, about, place, flow.shard, flow);
  }

  /** Looks at what a decoder said in a record of a flow. */
  observe(flow: FlowView, stream: StreamSchema, record: RecordFields): void {
    if (this.#isInternal === undefined) return;
    const clues = cluesOf(stream.name, record, flow.respPort);
    if (clues === NO_CLUES) return;
    for (const clue of clues) {
      const side = clue.side === undefined ? undefined : clue.side === 'orig' ? ORIG : RESP;
      const host = side === undefined ? clue.host : hostOf(flow, side);
      if (clue.value === undefined || host === undefined || !this.#isInternal(host)) continue;
      const mac = side === undefined ? macOf(flow, host) : flow.macOf(side);
      const about = { host, mac, source: stream.name };
      const value = this.#newValue(clue, about, flow.shard);
      if (value === undefined) continue;
      const place = {
        ts: (record['ts'] as Moment | undefined) ?? flow.now,
        frame: (record['frame'] as number | undefined) ?? flow.frame,
        capture: this.#sink.captureName(flow.capture),
      };
      this.#log(clue, value, about, place, flow.shard, flow);
    }
  }

  /** The same for a record that belongs to no single flow, and holds when and where it was seen. */
  observeAlone(stream: StreamSchema, record: RecordFields, shard: number): void {
    if (this.#isInternal === undefined || !WITHOUT_FLOW.has(stream.name)) return;
    for (const clue of cluesOf(stream.name, record)) {
      if (clue.host === undefined && clue.mac === undefined) continue;
      this.#observe(clue, { host: clue.host, mac: clue.mac, source: stream.name }, record, shard);
    }
  }

  /** The same for a record of another program's log, where no flow is at hand. */
  observeSaved(stream: StreamSchema, record: RecordFields): void {
    const isInternal = this.#isInternal;
    if (isInternal === undefined) return;
    for (const clue of cluesOf(stream.name, record)) {
      const host = clue.side === undefined ? clue.host : (record[`id.${clue.side}_h`] as string | undefined);
      if (typeof host === 'string' ? !isInternal(host) : clue.mac === undefined) continue;
      this.#observe(clue, { host, mac: clue.mac, source: stream.name }, record, 0, savedFlow(record));
    }
  }

  #observe(clue: RecordClue, about: About, record: RecordFields, shard: number, flow?: Flow): void {
    const value = this.#newValue(clue, about, shard);
    if (value !== undefined) this.#log(clue, value, about, record as unknown as Place, shard, flow);
  }

  /** The value as it is logged; undefined when there is none, or when it was logged before. */
  #newValue(said: Said, { host, mac, source }: About, shard: number): string | undefined {
    const value = said.value?.slice(0, MAX_VALUE).trim() ?? '';
    if (value === '') return undefined;
    const repeats = this.#shards.get(shard) ?? new Repeats(LIMITS.identitiesPerShard);
    this.#shards.set(shard, repeats);
    const { attribute, behind = false } = said;
    return repeats.has(`${host} ${mac} ${attribute} ${behind} ${source} ${value}`) ? undefined : value;
  }

  #log(said: Said, value: string, about: About, place: Place, shard: number, flow?: Flow): void {
    this.#sink.emit(
      device,
      {
        ts: place.ts,
        uid: flow?.uid,
        'id.orig_h': flow?.origHost,
        'id.orig_p': flow?.origPort,
        'id.resp_h': flow?.respHost,
        'id.resp_p': flow?.respPort,
        host: about.host,
        mac: about.mac,
        attribute: said.attribute,
        value,
        source: about.source,
        confidence: Math.min(Math.max(said.confidence ?? SAID, 0), 1),
        behind: said.behind ?? false,
        frame: place.frame,
        capture: place.capture,
      },
      shard,
    );
  }
}

/** What a `device` record says of the flow it was seen in. */
interface Flow {
  readonly uid: string | undefined;
  readonly origHost: string | undefined;
  readonly origPort: number | undefined;
  readonly respHost: string | undefined;
  readonly respPort: number | undefined;
}

function savedFlow(record: RecordFields): Flow {
  const text = (field: string): string | undefined =>
    typeof record[field] === 'string' ? record[field] : undefined;
  const port = (field: string): number | undefined =>
    typeof record[field] === 'number' ? record[field] : undefined;
  return {
    uid: text('uid'),
    origHost: text('id.orig_h'),
    origPort: port('id.orig_p'),
    respHost: text('id.resp_h'),
    respPort: port('id.resp_p'),
  };
}

function hostOf(flow: FlowView, side: Direction): string {
  return side === ORIG ? flow.origHost : flow.respHost;
}

/** MAC address of a host, when it is one of the two sides. */
function macOf(flow: FlowView, host: string): string | undefined {
  if (host === flow.origHost) return flow.macOf(ORIG);
  return host === flow.respHost ? flow.macOf(RESP) : undefined;
}
