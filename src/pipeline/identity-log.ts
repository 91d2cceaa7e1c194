/**
 * What hosts say of themselves → `device` records, once per host, attribute and value. The MAC address of the host's
 * frames counts as well: when an address changes hands, the next device may say the same.
 *
 * Limit: `LIMITS.identitiesPerShard` are remembered per shard; when full the memory starts anew, so that repeats may be
 * logged again but nothing is lost.
 */
import { device, SAID } from '../model/device.ts';
import type { FlowView } from '../model/flow.ts';
import { type IdentitySeen, ORIG, RESP } from '../model/protocol.ts';
import type { RecordSink } from './flow-context.ts';
import { LIMITS } from './limits.ts';
import { Repeats } from './repeats.ts';

/** Longer values are cut. */
const MAX_VALUE = 256;

export class IdentityLog {
  readonly #sink: RecordSink;
  readonly #shards = new Map<number, Repeats>();

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  /** @param protocol whose decoder noted it */
  note(flow: FlowView, seen: IdentitySeen, protocol: string): void {
    const value = seen.value?.slice(0, MAX_VALUE).trim() ?? '';
    if (value === '') return;
    const { attribute, behind = false, source = protocol } = seen;
    const sideHost = seen.side === ORIG ? flow.origHost : flow.respHost;
    const host = seen.host ?? sideHost;
    const side = host === sideHost ? seen.side : sideOf(flow, host);
    const mac = side === undefined ? undefined : flow.macOf(side);
    const repeats = this.#shards.get(flow.shard) ?? new Repeats(LIMITS.identitiesPerShard);
    this.#shards.set(flow.shard, repeats);
    if (repeats.has(`${host} ${mac} ${attribute} ${behind} ${source} ${value}`)) return;
    this.#sink.emit(
      device,
      {
        ts: seen.ts ?? flow.now,
        uid: flow.uid,
        'id.orig_h': flow.origHost,
        'id.orig_p': flow.origPort,
        'id.resp_h': flow.respHost,
        'id.resp_p': flow.respPort,
        host,
        mac,
        attribute,
        value,
        source,
        confidence: Math.min(Math.max(seen.confidence ?? SAID, 0), 1),
        behind,
        frame: seen.frame ?? flow.frame,
        capture: this.#sink.captureName(flow.capture),
      },
      flow.shard,
    );
  }
}

/** The side that has an address; undefined when neither has. */
function sideOf(flow: FlowView, host: string): typeof ORIG | typeof RESP | undefined {
  if (host === flow.origHost) return ORIG;
  return host === flow.respHost ? RESP : undefined;
}
