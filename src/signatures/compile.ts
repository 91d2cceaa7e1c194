/**
 * Signatures as they are looked for: per transport and side one automaton over the first bytes of each, and how far into a stream any signature of a port reaches. A side that no
 * signature is about is not looked at.
 */
import type { Direction } from '../model/protocol.ts';
import { Automaton } from './automaton.ts';
import { anchorOf, type Behind, behindAnchor } from './behind.ts';
import { lowerCase } from './content.ts';
import { isOfPort, needsStart, type Signature } from './signature.ts';

/** A signature and the length of its anchor. */
export interface Searched extends Behind {
  readonly anchor: number;
  readonly needsStart: boolean;
  /** The anchor, when its letters must have their case. */
  readonly exact: Uint8Array | undefined;
}

/** The signatures of one transport and side. */
export class SideSignatures {
  readonly automaton: Automaton;
  /** By word of the automaton: the signatures that begin with it. */
  readonly byWord: readonly (readonly Searched[])[];
  readonly #signatures: readonly Signature[];
  /** By port: bytes that a signature reaches, once it was asked for. */
  readonly #reach = new Map<number, number>();

  /** @throws RangeError when there are too many for an automaton */
  constructor(signatures: readonly Signature[]) {
    this.#signatures = signatures;
    const words = new Map<string, { readonly anchor: Uint8Array; readonly searched: Searched[] }>();
    for (const signature of signatures) {
      const anchor = anchorOf(signature);
      const folded = lowerCase(anchor);
      const key = folded.join();
      const word = words.get(key) ?? { anchor: folded, searched: [] };
      words.set(key, word);
      word.searched.push({
        ...behindAnchor(signature),
        anchor: anchor.length,
        needsStart: needsStart(signature),
        exact: signature.contents[0]!.nocase || !hasLetters(folded) ? undefined : anchor,
      });
    }
    const all = [...words.values()];
    this.automaton = new Automaton(all.map(word => word.anchor));
    this.byWord = all.map(word => word.searched);
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

function hasLetters(folded: Uint8Array): boolean {
  return folded.some(byte => byte >= 0x61 && byte <= 0x7a);
}

/** All signatures of a run, ready to be looked for. */
export class SignatureSet {
  readonly signatures: readonly Signature[];
  readonly #sides: Readonly<Record<'tcp' | 'udp', readonly [SideSignatures, SideSignatures]>>;

  /** @throws RangeError when there are too many for an automaton */
  constructor(signatures: readonly Signature[]) {
    this.signatures = signatures;
    const side = (protocol: 'tcp' | 'udp', direction: 'orig' | 'resp') =>
      new SideSignatures(
        signatures.filter(each => each.protocol === protocol && each.direction !== other(direction)),
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
