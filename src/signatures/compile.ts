/**
 * Signatures as they are looked for: per transport and side one automaton over the first bytes of each (one more for
 * those whose letters match in either case), and how far into a stream any signature of a port reaches. A side that no
 * signature is about is not looked at.
 */
import type { Direction } from '../model/protocol.ts';
import { Automaton } from './automaton.ts';
import { anchorOf, type Behind, behindAnchor } from './behind.ts';
import { isOfPort, needsStart, type Signature } from './signature.ts';

/** A signature and the length of its anchor. */
export interface Searched extends Behind {
  /** Its index among all signatures. */
  readonly number: number;
  readonly anchor: number;
  readonly needsStart: boolean;
}

/** An automaton, and the signatures that begin with each of its words. */
export interface Search {
  readonly automaton: Automaton;
  readonly byWord: readonly (readonly Searched[])[];
}

/** The signatures of one transport and side. */
export class SideSignatures {
  readonly searches: readonly Search[];
  readonly #signatures: readonly Signature[];
  /** By port: bytes that a signature reaches, once it was asked for. */
  readonly #reach = new Map<number, number>();

  /** @throws RangeError when there are too many for an automaton */
  constructor(signatures: readonly (readonly [number, Signature])[]) {
    this.#signatures = signatures.map(([, signature]) => signature);
    this.searches = [false, true].flatMap(nocase => {
      const some = signatures.filter(([, { contents }]) => contents[0]!.nocase === nocase);
      return some.length === 0 ? [] : [searchFor(some, nocase)];
    });
  }

  /** Bytes of the side, from its beginning, that a signature of this port reaches. */
  reach(port: number): number {
    let reach = this.#reach.get(port);
    if (reach === undefined) {
      const some = this.#signatures.filter(signature => isOfPort(signature, port));
      reach = some.reduce((most, { offset, depth }) => Math.max(most, offset + depth), 0);
      this.#reach.set(port, reach);
    }
    return reach;
  }
}

function searchFor(signatures: readonly (readonly [number, Signature])[], nocase: boolean): Search {
  const words: Uint8Array[] = [];
  const byWord: Searched[][] = [];
  const wordOf = new Map<string, number>();
  for (const [number, signature] of signatures) {
    const anchor = anchorOf(signature);
    const key = anchor.join();
    let word = wordOf.get(key);
    if (word === undefined) {
      word = words.push(anchor) - 1;
      byWord.push([]);
      wordOf.set(key, word);
    }
    byWord[word]!.push({
      ...behindAnchor(signature),
      number,
      anchor: anchor.length,
      needsStart: needsStart(signature),
    });
  }
  return { automaton: new Automaton(words, nocase), byWord };
}

/** All signatures of a run, ready to be looked for. */
export class SignatureSet {
  readonly signatures: readonly Signature[];
  readonly #sides: Readonly<Record<'tcp' | 'udp', readonly [SideSignatures, SideSignatures]>>;

  /** @throws RangeError when there are too many for an automaton */
  constructor(signatures: readonly Signature[]) {
    this.signatures = signatures;
    const numbered = [...signatures.entries()];
    const side = (protocol: 'tcp' | 'udp', direction: 'orig' | 'resp') =>
      new SideSignatures(
        numbered.filter(([, each]) => each.protocol === protocol && each.direction !== other(direction)),
      );
    const sides = (protocol: 'tcp' | 'udp') => [side(protocol, 'orig'), side(protocol, 'resp')] as const;
    this.#sides = { tcp: sides('tcp'), udp: sides('udp') };
  }

  side(protocol: 'tcp' | 'udp', direction: Direction): SideSignatures {
    return this.#sides[protocol][direction];
  }

  /** Some signature is about flows to this port. */
  concerns(protocol: 'tcp' | 'udp', port: number): boolean {
    return this.#sides[protocol].some(side => side.reach(port) > 0);
  }
}

function other(direction: 'orig' | 'resp'): 'orig' | 'resp' {
  return direction === 'orig' ? 'resp' : 'orig';
}
