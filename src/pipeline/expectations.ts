/**
 * Flows that other flows announced (`FlowContext.expect`): FTP's data channels, TFTP's transfers. An announcement
 * holds for flows between the same two hosts, so that it never leaves its shard, and for `LIFETIME` seconds of capture
 * time, as Zeek's `schedule_analyzer` does.
 *
 * Limit: `LIMITS.expectations` per shard; beyond it the oldest is forgotten, and counted.
 */
import type { FlowView } from '../model/flow.ts';
import type { Expectation } from '../model/protocol.ts';
import { LIMITS } from './limits.ts';

const LIFETIME = 300;

interface Announced {
  readonly protocol: string;
  readonly memo: unknown;
  readonly peers: readonly [string, string];
  readonly until: number;
}

export class Expectations {
  /** Announcements forgotten because there were too many. */
  overflow = 0;
  readonly #shards = new Map<number, Map<string, Announced>>();

  add(flow: FlowView, { transport, host, port, protocol, memo }: Expectation): void {
    const { origHost, respHost, now } = flow;
    if (host !== origHost && host !== respHost) return;
    const announced = this.#shards.get(flow.shard) ?? new Map<string, Announced>();
    this.#shards.set(flow.shard, announced);
    const key = keyOf(transport, host, port);
    announced.delete(key);
    if (announced.size >= LIMITS.expectations) {
      announced.delete(announced.keys().next().value!);
      this.overflow++;
    }
    announced.set(key, { protocol, memo, peers: [origHost, respHost], until: now.sec + LIFETIME });
  }

  /** What announced this flow, by its responder or else its originator. It is used up by a TCP flow. */
  find(flow: FlowView): Announced | undefined {
    const announced = this.#shards.get(flow.shard);
    if (announced === undefined || announced.size === 0) return undefined;
    const { transport, origHost, origPort, respHost, respPort } = flow;
    for (const key of [keyOf(transport, respHost, respPort), keyOf(transport, origHost, origPort)]) {
      const found = announced.get(key);
      if (found === undefined) continue;
      if (found.until < flow.now.sec) announced.delete(key);
      else if (found.peers.includes(origHost) && found.peers.includes(respHost)) {
        if (transport === 'tcp') announced.delete(key);
        return found;
      }
    }
    return undefined;
  }
}

const keyOf = (transport: string, host: string, port: number): string => `${transport} ${host} ${port}`;
