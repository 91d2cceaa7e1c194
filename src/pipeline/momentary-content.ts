/**
 * Payload of flows without a duration: `conn` leaves their `orig_bytes` and `resp_bytes` out, as Zeek does. Where the
 * clock of a capture is coarse, or its frames have no times, that is most of the traffic. Added up by what the verdict
 * on visibility asks for.
 *
 * Limit: `MAX_CAPTURES` captures are told apart; what is of further ones counts in the whole alone.
 */
import type { UnrecognisedPort } from '../model/health.ts';
import type { RecordOf } from '../model/schema.ts';
import type { conn } from '../model/streams.ts';

const MAX_CAPTURES = 4096;
/** A flow misses at most so many times what its packets can have carried: sequence numbers can be forged. */
export const MAX_MISSED_SHARE = 100;

/** Payload bytes by what the verdict asks. */
export class ContentBytes {
  stream = 0;
  payload = 0;
  unrecognised = 0;
}

export class MomentaryContent {
  readonly all = new ContentBytes();
  readonly captures = new Map<string, ContentBytes>();
  /** Flows and bytes that nothing recognised, by `proto port`. There are no more than numbers for ports. */
  readonly ports = new Map<string, UnrecognisedPort>();

  /** Takes a flow that has no duration, with the payload of both sides. */
  note(record: RecordOf<typeof conn>, claimed: number): void {
    const { proto = '', service, capture = '', missed_bytes = 0 } = record;
    if (proto !== 'tcp' && proto !== 'udp') return;
    const seen = (record.orig_ip_bytes ?? 0) + (record.resp_ip_bytes ?? 0);
    const bytes = Math.min(claimed, seen + Math.min(missed_bytes, seen * MAX_MISSED_SHARE));
    let own = this.captures.get(capture);
    if (own === undefined && this.captures.size < MAX_CAPTURES) {
      own = new ContentBytes();
      this.captures.set(capture, own);
    }
    for (const each of own === undefined ? [this.all] : [this.all, own]) {
      each.payload += bytes;
      if (proto === 'tcp') each.stream += bytes;
      if (service === undefined) each.unrecognised += bytes;
    }
    if (service !== undefined || bytes === 0) return;
    const port = record['id.resp_p'] ?? 0;
    const name = `${proto} ${port}`;
    const { flows, bytes: before } = this.ports.get(name) ?? { flows: 0, bytes: 0 };
    this.ports.set(name, { proto, port, flows: flows + 1, bytes: before + bytes });
  }
}
