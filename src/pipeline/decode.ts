/**
 * The first phase: captures → frames → packets → flows → records, one pass, bounded memory. Puts the stages together;
 * knows nothing of devices, rules or reports.
 */

import type { InputError } from '../errors.ts';
import { DuplicateFilter } from '../flows/duplicates.ts';
import { FlowEngine } from '../flows/flow-engine.ts';
import { Decapsulation } from '../layers/decapsulation.ts';
import { Reassembly } from '../layers/fragments.ts';
import { decodeFrame } from '../layers/link.ts';
import type { CaptureInfo, Coverage } from '../model/analysis.ts';
import { device } from '../model/device.ts';
import type { FlowListener, FlowView, StreamConsumer } from '../model/flow.ts';
import type { FlowStamp } from '../model/flow-stamp.ts';
import type { ClockDifference } from '../model/health.ts';
import { KIND, type Packet, PROBLEM, PROBLEM_NAMES } from '../model/packet.ts';
import { DEDUP_WINDOW } from '../model/reading-defaults.ts';
import type { RecordOf, StreamSchema } from '../model/schema.ts';
import { signature } from '../model/signature.ts';
import { StreamMemory } from '../model/stream-memory.ts';
import type { conn } from '../model/streams.ts';
import { TunnelTable } from '../model/tunnels.ts';
import { isDiscovery } from '../protocols/naming/icmp6-nd.ts';
import { Session } from '../protocols/session.ts';
import type { SignatureSet } from '../signatures/compile.ts';
import { ArpLog } from './arp-log.ts';
import { ChecksumCounts } from './checksums.ts';
import { ClockComparison } from './clock-comparison.ts';
import { addTo, inNameOrder } from './counts.ts';
import { DiscoveryLog } from './discovery-log.ts';
import { Expectations } from './expectations.ts';
import { RecordingContext, type RecordSink, type SharedByFlows } from './flow-context.ts';
import { IdentityLog } from './identity-log.ts';
import { JointRecords } from './joint-records.ts';
import { LIMITS } from './limits.ts';
import { MomentaryContent } from './momentary-content.ts';
import { NamedToolsLog } from './named-tools-log.ts';
import { NeighbourLog } from './neighbour-log.ts';
import { CaptureReading, type FrameSink, type ReadingOptions } from './read-captures.ts';
import { RecordStore } from './record-store.ts';
import { ScannedSession } from './signature-log.ts';
import { SoftwareLog } from './software-log.ts';
import { PROTOCOLS } from './streams.ts';
import { TokenTable } from './tokens.ts';
import { Trailers } from './trailers.ts';
import { isBetweenSwitches, Undecoded } from './undecoded.ts';

export interface DecodeOptions extends ReadingOptions {
  readonly inputs: readonly string[];
  /** Streams to keep; undefined keeps all. Flows are always decoded the same. */
  readonly streams: ReadonlySet<string> | undefined;
  readonly reveal: boolean;
  readonly tokenKey?: Uint8Array | undefined;
  readonly site: string;
  readonly isInternal: (address: string) => boolean;
  /** Addresses of hosts that are called rather than call. */
  readonly servers?: ReadonlySet<string> | undefined;
  /** Seconds that a copy of a frame may come behind it; 0 keeps copies. Default `DEDUP_WINDOW`. */
  readonly dedupWindow?: number | undefined;
  /** Discard packets whose checksum is wrong. Default false: they are counted. */
  readonly strictChecksums?: boolean | undefined;
  /** What is looked for in payload. */
  readonly signatures?: SignatureSet | undefined;
  /** Compare the clocks of several captures. */
  readonly compareClocks?: boolean | undefined;
  /** Live flows; default `LIMITS.flows`. */
  readonly maxFlows?: number | undefined;
  /** Bytes of records in memory; default `LIMITS.recordMemory`. */
  readonly recordMemory?: number | undefined;
}

export interface Decoded {
  readonly store: RecordStore;
  readonly tokens: TokenTable;
  readonly captures: readonly CaptureInfo[];
  readonly coverage: Coverage;
  /** Payload that `conn` leaves out. */
  readonly momentary: MomentaryContent;
  /** How far clocks of captures are apart; null when they were not compared. */
  readonly clocks: readonly ClockDifference[] | null;
  /** Inputs that could not be read, or not to their end. */
  readonly problems: readonly InputError[];
  readonly interrupted: boolean;
}

/** Streams whose records need no decoder beyond recognition. */
const WITHOUT_DECODERS = new Set([
  'conn',
  'arp',
  'tunnel',
  'neighbour',
  'icmp6_nd',
  'capture_health',
  'signature',
]);

/**
 * Decodes all inputs, in order, as one analysis. Rejects only on defects and on a full disk. When the interfaces or
 * sections of a file turn out to overlap in time everything is read once more, with those side by side: it is rare, and a
 * look ahead would make every run read every pcapng twice.
 */
export async function decode(options: DecodeOptions): Promise<Decoded> {
  const run = new Run(options);
  await run.reading.readAll(options.inputs);
  const { overlapping } = run.reading;
  if (overlapping.size === 0 || options.signal?.aborted) return run.finish();
  run.finish().store.close();
  const merged = new Run(options, overlapping);
  await merged.reading.readAll(options.inputs);
  return merged.finish();
}

class Run implements FlowListener, RecordSink, FrameSink {
  readonly reading: CaptureReading;
  readonly #options: DecodeOptions;
  readonly #store: RecordStore;
  readonly #tokens: TokenTable;
  readonly #engine: FlowEngine;
  readonly #arp: ArpLog;
  readonly #neighbours: NeighbourLog;
  readonly #discovery: DiscoveryLog;
  readonly #duplicates: DuplicateFilter | undefined;
  readonly #shared: SharedByFlows;
  readonly #namedTools = new NamedToolsLog((stream, record, shard) => this.emit(stream, record, shard));
  readonly #clocks: ClockComparison | undefined;
  readonly #memory = new StreamMemory(LIMITS.streamMemory);
  readonly #tunnels = new TunnelTable();
  readonly #checksums: ChecksumCounts;
  readonly #reassembly = new Reassembly();
  readonly #decapsulation = new Decapsulation(this.#tunnels, this.#reassembly);
  readonly #failures = new Map<string, number>();
  readonly #undecoded = new Undecoded();
  readonly #trailers = new Trailers();
  /** Copies by the index of their capture. */
  readonly #copies: number[] = [];
  /** Captures of which something was decoded, and the one that was last. */
  readonly #decodedCaptures = new Set<number>();
  #lastDecoded = -1;
  readonly #momentary = new MomentaryContent();
  readonly #recogniseOnly: boolean;
  readonly #signatures: SignatureSet | undefined;
  #frames = 0;
  #bytes = 0;
  #decoded = 0;
  #snapped = 0;
  #fragments = 0;

  /** @param apart files whose interfaces are read side by side */
  constructor(options: DecodeOptions, apart?: ReadonlyMap<string, readonly number[]>) {
    this.#options = options;
    this.reading = new CaptureReading({ ...options, apart }, this);
    this.#store = new RecordStore(options.recordMemory);
    this.#tokens = new TokenTable(options.reveal, options.tokenKey);
    this.#engine = new FlowEngine(this, {
      maxFlows: options.maxFlows ?? LIMITS.flows,
      site: options.site,
      memory: this.#memory,
      tunnels: this.#tunnels,
      servers: options.servers,
    });
    this.#arp = new ArpLog(this);
    this.#checksums = new ChecksumCounts(options.strictChecksums ?? false, options.isInternal);
    this.#clocks = options.compareClocks === true ? new ClockComparison() : undefined;
    this.#neighbours = new NeighbourLog(this);
    this.#discovery = new DiscoveryLog(this);
    const kept = options.streams;
    this.#recogniseOnly = kept !== undefined && [...kept].every(name => WITHOUT_DECODERS.has(name));
    const window = options.dedupWindow ?? DEDUP_WINDOW;
    this.#duplicates = window > 0 ? new DuplicateFilter(window) : undefined;
    this.#shared = {
      sink: this,
      tokens: this.#tokens,
      expectations: new Expectations(),
      software: new SoftwareLog(this),
      identities: new IdentityLog(this, options.isInternal, options.streams?.has(device.name) ?? true),
      isInternal: options.isInternal,
      joint: new JointRecords(this),
      recorded: !this.#recogniseOnly,
    };
    this.#signatures = kept?.has(signature.name) === false ? undefined : options.signatures;
  }

  // ── what the flow layer asks for ──────────────────────────────────────────────────────────────────────────────

  isAnnounced(flow: FlowView): boolean {
    return this.#shared.expectations.find(flow) !== undefined;
  }

  start(flow: FlowView): StreamConsumer {
    const announced = this.#shared.expectations.find(flow);
    const context = new RecordingContext(flow, this.#shared, announced?.memo);
    const session = new Session(flow, context, {
      protocols: PROTOCOLS,
      expected: announced && PROTOCOLS.find(({ name }) => name === announced.protocol),
      recogniseOnly: this.#recogniseOnly,
      memory: this.#memory,
      onFailure: this.#onFailure,
    });
    const signatures = this.#signatures;
    return signatures !== undefined && concerns(signatures, flow)
      ? new ScannedSession(flow, context, session, signatures, this.#memory)
      : session;
  }

  emit<S extends StreamSchema>(stream: S, record: RecordOf<S>, shard: number, stamp?: FlowStamp): void {
    const kept = this.#options.streams;
    if (this.#shared.recorded) {
      if (stamp !== undefined) this.#namedTools.observe(stream, record, shard, stamp);
      else this.#shared.identities.observeAlone(stream, record, shard);
    }
    if (kept === undefined || kept.has(stream.name)) this.#store.append(stream, record, shard, stamp);
  }

  momentary(record: RecordOf<typeof conn>, payload: number): void {
    this.#momentary.note(record, payload);
  }

  isInternal(address: string): boolean {
    return this.#options.isInternal(address);
  }

  captureName(index: number): string {
    return this.reading.captureName(index);
  }

  readonly #onFailure = (protocol: string, error: unknown): void => {
    // In tests a throwing decoder is fatal: it is a defect, whatever the input.
    if (process.env['MEDTAP_STRICT_DECODERS'] === '1') throw error;
    addTo(this.#failures, protocol, 1);
  };

  // ── what the reading of captures hands over ─────────────────────────────────────────────────────────────────────

  take(packet: Packet): void {
    const { frame } = packet;
    this.#frames++;
    this.#bytes += frame.length;
    if (frame.captured < frame.length) this.#snapped++;
    decodeFrame(packet);
    if (packet.problem === PROBLEM.fragment) this.#fragments++;
    this.#trailers.note(packet);
    const outermost = this.#decapsulation.first(packet);
    if (outermost === null) return;
    if (outermost.problem !== PROBLEM.none) this.#undecoded.note(outermost);
    if (outermost.kind === KIND.none) {
      if (isBetweenSwitches(outermost)) this.#noteDecoded(frame.capture);
      return;
    }
    this.#decoded++;
    this.#noteDecoded(frame.capture);
    this.#clocks?.note(outermost);
    this.#account(outermost);
    while (this.#decapsulation.rest(packet)) {
      const next = packet.kind === KIND.none ? null : this.#decapsulation.first(packet);
      if (next !== null) this.#account(next);
    }
  }

  /** Accounts a packet and those inside it. */
  #account(outermost: Packet): void {
    let packet: Packet | null = outermost;
    do {
      if (packet.kind === KIND.arp) this.#arp.observe(packet);
      else if (packet.kind === KIND.lldp || packet.kind === KIND.cdp) this.#neighbours.observe(packet);
      // Copies end here, behind everything that looks at frames and in front of everything that counts traffic.
      else if (packet.kind !== KIND.none && this.#checksums.refuses(packet)) return;
      else if (this.#duplicates?.isCopy(packet)) {
        this.#noteCopy(packet.frame.capture);
        return;
      } else if (packet.kind !== KIND.none) {
        if (packet.kind === KIND.icmp6 && isDiscovery(packet.srcPort)) this.#discovery.observe(packet);
        this.#engine.process(packet);
      }
      packet = this.#decapsulation.inside(packet);
    } while (packet !== null);
  }

  #noteDecoded(capture: number): void {
    if (capture === this.#lastDecoded) return;
    this.#lastDecoded = capture;
    this.#decodedCaptures.add(capture);
  }

  hasDecoded(capture: number): boolean {
    return this.#decodedCaptures.has(capture);
  }

  #noteCopy(capture: number): void {
    this.#copies[capture] = (this.#copies[capture] ?? 0) + 1;
  }

  duplicatesOf(capture: number): number {
    return this.#copies[capture] ?? 0;
  }

  finish(): Decoded {
    this.#reassembly.finish();
    if (this.#reassembly.lost > 0)
      this.#undecoded.add(PROBLEM_NAMES[PROBLEM.fragment], this.#reassembly.lost);
    this.#engine.finish();
    this.#shared.joint.finish();
    for (const [reason, count] of this.reading.skipped) this.#undecoded.add(reason, count);
    const limits = new Map(this.reading.limits);
    if (this.#engine.evicted > 0) limits.set('flows', this.#engine.evicted);
    if (this.#memory.refused > 0) limits.set('stream_memory', this.#memory.refused);
    const { overflow } = this.#shared.expectations;
    if (overflow > 0) limits.set('expectations', overflow);
    if (this.#reassembly.refused > 0) limits.set('fragments', this.#reassembly.refused);
    if (this.#decapsulation.tooDeep > 0) limits.set('tunnel_depth', this.#decapsulation.tooDeep);
    if (this.#tunnels.refused > 0) limits.set('tunnels', this.#tunnels.refused);
    if (this.#tokens.overflow > 0) limits.set('protected_values', this.#tokens.overflow);
    const store = this.#store;
    const coverage: Coverage = {
      frames: this.#frames,
      bytes: this.#bytes,
      saved_records: 0,
      outside: this.reading.captures.reduce((sum, { outside }) => sum + outside, 0),
      decoded: this.#decoded + this.#reassembly.joined,
      undecoded: inNameOrder(this.#undecoded.counts()),
      snapped: this.#snapped,
      duplicates: this.#duplicates?.copies ?? 0,
      possible_duplicates: this.#duplicates?.possible ?? 0,
      checksums_checked: this.#checksums.checked,
      bad_checksums: inNameOrder(this.#checksums.bad),
      bad_checksum_hosts: this.#checksums.senders,
      trailers: this.#trailers.counts(),
      duplicate_vlans: vlanCounts(this.#duplicates),
      fragments: this.#fragments,
      flows: this.#engine.flows,
      records: inNameOrder(new Map(store.names.map(name => [name, store.count(name)]))),
      missed_bytes: this.#engine.missedBytes,
      missed_cut_bytes: this.#engine.cutBytes,
      limits: inNameOrder(limits),
      decoder_failures: inNameOrder(this.#failures),
    };
    return {
      store,
      tokens: this.#tokens,
      captures: this.reading.captures,
      coverage,
      momentary: this.#momentary,
      clocks: this.#clocks?.differences(index => this.captureName(index)) ?? null,
      problems: this.reading.problems,
      interrupted: this.#options.signal?.aborted ?? false,
    };
  }
}

/** Some signature is about the flow, whoever will turn out to be its server. */
function concerns(
  signatures: SignatureSet,
  { transport, origPort, respPort, directionKnown }: FlowView,
): boolean {
  return (
    signatures.concerns(transport, respPort) || (!directionKnown && signatures.concerns(transport, origPort))
  );
}

/** Copies by the VLANs of frame and copy: `10>20`, `->-` untagged. */
function vlanCounts(duplicates: DuplicateFilter | undefined): Record<string, number> {
  const name = (vlan: number): string => (vlan < 0 ? '-' : `${vlan}`);
  const pairs = duplicates?.vlanPairs() ?? [];
  return inNameOrder(
    new Map(pairs.map(({ vlan, copyVlan, frames }) => [`${name(vlan)}>${name(copyVlan)}`, frames])),
  );
}
