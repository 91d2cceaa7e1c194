/**
 * What the `conn` record says of the flows that findings name: transport and services. Other streams do not carry
 * them. Only the flows that matched are looked up, in one pass over `conn` when first asked.
 *
 * Limit: `MAX_FLOWS` flows are remembered; findings show the first flows of each, so more are never needed in practice.
 */
import type { Batch } from '../model/batch.ts';

const MAX_FLOWS = 200_000;

interface FlowFacts {
  readonly proto: string;
  readonly service: string | null;
}

export class FlowFactsIndex {
  readonly #wanted = new Set<string>();
  readonly #readConn: () => Iterable<Batch>;
  #facts: Map<string, FlowFacts> | undefined;

  constructor(readConn: () => Iterable<Batch>) {
    this.#readConn = readConn;
  }

  /** A finding may name this flow. */
  want(uid: unknown): void {
    if (typeof uid === 'string' && this.#wanted.size < MAX_FLOWS) this.#wanted.add(uid);
  }

  get(uid: string): FlowFacts | undefined {
    this.#facts ??= this.#collect();
    return this.#facts.get(uid);
  }

  #collect(): Map<string, FlowFacts> {
    const facts = new Map<string, FlowFacts>();
    for (const batch of this.#readConn()) {
      for (let row = 0; row < batch.length; row++) {
        const uid = batch.value(row, 'uid') as string;
        if (!this.#wanted.has(uid)) continue;
        const service = batch.value(row, 'service');
        facts.set(uid, {
          proto: batch.value(row, 'proto') as string,
          service: typeof service === 'string' ? service : null,
        });
      }
    }
    return facts;
  }
}
