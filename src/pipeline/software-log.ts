/**
 * Programs that hosts name → `software` records, once per host (address and MAC address), kind, name and version.
 *
 * Limit: `LIMITS.softwarePerShard` are remembered per shard; when full the memory starts anew, so that repeats may be
 * logged again but nothing is lost.
 */
import type { FlowView } from '../model/flow.ts';
import { ORIG, type SoftwareSeen } from '../model/protocol.ts';
import { parseSoftware } from '../model/software.ts';
import { software } from '../model/streams.ts';
import type { RecordSink } from './flow-context.ts';
import { LIMITS } from './limits.ts';
import { Repeats } from './repeats.ts';

export class SoftwareLog {
  readonly #sink: RecordSink;
  readonly #shards = new Map<number, Repeats>();

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  /** Returns whether it is new. */
  note(flow: FlowView, { side, type, text }: SoftwareSeen): boolean {
    const host = side === ORIG ? flow.origHost : flow.respHost;
    const seen = this.#shards.get(flow.shard) ?? new Repeats(LIMITS.softwarePerShard);
    this.#shards.set(flow.shard, seen);
    if (text === '' || seen.has(`${host} ${flow.macOf(side)} ${type} ${text}`)) return false;
    const { name, major, minor, minor2, minor3, addl } = parseSoftware(text);
    this.#sink.emit(
      software,
      {
        ts: flow.now,
        uid: flow.uid,
        host,
        host_p: side === ORIG ? undefined : flow.respPort,
        software_type: type,
        name,
        'version.major': major,
        'version.minor': minor,
        'version.minor2': minor2,
        'version.minor3': minor3,
        'version.addl': addl,
        unparsed_version: text,
        frame: flow.frame,
        capture: this.#sink.captureName(flow.capture),
      },
      flow.shard,
    );
    return true;
  }
}
