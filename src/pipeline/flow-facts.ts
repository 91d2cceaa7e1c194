/**
 * What the `conn` record says of the flows that findings name: transport and services. Other streams do not carry
 * them. Only the flows that findings list are looked up, in one pass over `conn` when first asked: their number has the
 * limits of findings.
 */
import type { Batch } from '../model/batch.ts';
import { HashedTexts } from '../model/hashed-texts.ts';

/** The number of a flow that is wanted and of which nothing is known; others are places in the list of facts. */
const WANTED = 1;

interface FlowFacts {
  readonly proto: string;
  readonly service: string | null;
}

export class FlowFactsIndex {
  readonly #flows = new HashedTexts();
  readonly #readConn: () => Iterable<Batch>;
  /** What flows have in common, by their number. */
  #facts: FlowFacts[] | undefined;

  constructor(readConn: () => Iterable<Batch>) {
    this.#readConn = readConn;
  }

  /** A finding may name this flow. */
  want(uid: string): void {
    this.#flows.set(uid, WANTED);
  }

  get(uid: string): FlowFacts | undefined {
    this.#facts ??= this.#collect();
    return this.#facts[this.#flows.get(uid)];
  }

  #collect(): FlowFacts[] {
    const facts: FlowFacts[] = [];
    const numbers = new Map<string, number>();
    for (const batch of this.#readConn()) {
      for (let row = 0; row < batch.length; row++) {
        const uid = batch.value(row, 'uid') as string;
        if (this.#flows.get(uid) === 0) continue;
        const proto = batch.value(row, 'proto') as string;
        const named = batch.value(row, 'service');
        const service = typeof named === 'string' ? named : null;
        const key = `${proto} ${service ?? ''}`;
        let number = numbers.get(key);
        if (number === undefined) {
          number = WANTED + 1 + numbers.size;
          numbers.set(key, number);
          facts[number] = { proto, service };
        }
        this.#flows.set(uid, number);
      }
    }
    return facts;
  }
}
