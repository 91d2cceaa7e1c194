/**
 * A payload signature as parsed: which flows it is about, where in the bytes of one side to look, and what must stand
 * there. docs/signatures.md tells it to authors. Every limit of signatures is here.
 */
import type { TextTest } from '../model/column-tests.ts';
import type { SignatureKind } from '../model/signature.ts';
import type { SourceText } from '../yaml/source.ts';

export const SIGNATURE_LIMITS = {
  /** Signatures of a run. */
  signatures: 10_000,
  /** States of one automaton; a state is a number of 16 bits. */
  states: 65_535,
  /** Bytes of one side, or of a datagram, that a signature may reach. */
  reach: 65_536,
  /** Depth when a signature names none. */
  defaultDepth: 1024,
  /** Contents of one signature. */
  contents: 8,
  /** Bytes of one content. */
  contentBytes: 64,
  /** First bytes of the first content that the automaton looks for. */
  anchor: 16,
  /** Fewest bytes of a first content: of less every stream is full. */
  anchorLeast: 2,
  /** Bytes behind the anchor that the other contents and the pattern may take together. */
  span: 1024,
  /** Matches reported of one signature and flow. */
  matches: 16,
  /** Anchors of one side that wait for the bytes behind them. */
  waiting: 16,
  /** Work of comparing what stands behind anchors, per side of a flow: bytes times contents. */
  work: 32_768,
  /** Datagrams of one side that are looked at. */
  datagrams: 64,
} as const;

/** A TCP or UDP port, or several that follow one another. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** Bytes that must be there. */
export interface Content {
  /** With `nocase` in lower case. */
  readonly bytes: Uint8Array;
  /** ASCII letters match in either case. */
  readonly nocase: boolean;
  /** Bytes between the end of the content before and this one; of the first, from `offset` on. `max` may be infinite. */
  readonly min: number;
  readonly max: number;
}

/** A regular expression over what follows the last content. */
export interface Pattern {
  readonly test: TextTest;
  /** How many bytes it sees at most, each as the character of its value. */
  readonly within: number;
}

export interface Signature {
  readonly id: string;
  readonly name: string;
  readonly kind: SignatureKind;
  readonly tags: readonly string[];
  readonly protocol: 'tcp' | 'udp';
  /** Names of recognised services of which the flow must have one; `none`: nothing was recognised. Empty: any flow. */
  readonly services: readonly string[];
  /** Of the responder; empty: any. */
  readonly ports: readonly PortRange[];
  readonly direction: 'orig' | 'resp' | 'any';
  /** All contents lie in the `depth` bytes from `offset` on. */
  readonly offset: number;
  readonly depth: number;
  readonly contents: readonly Content[];
  readonly pattern: Pattern | undefined;
  /** Matches reported per flow. */
  readonly limit: number;
  /** Payloads it must match, and must not. */
  readonly examples: { readonly match: readonly Uint8Array[]; readonly miss: readonly Uint8Array[] };
  readonly source: SourceText;
  readonly at: number;
}

/** The place of a match counts from the beginning of the stream: it means nothing in a flow picked up in its middle. */
export function needsStart({ offset, contents }: Signature): boolean {
  return offset > 0 || contents[0]!.max !== Number.POSITIVE_INFINITY;
}

/** Whether a flow to `port` is meant. */
export function isOfPort({ ports }: Signature, port: number): boolean {
  return ports.length === 0 || ports.some(({ from, to }) => from <= port && port <= to);
}

/** Bytes that may have to be seen behind the first content. */
export function spanOf({ contents, pattern }: Pick<Signature, 'contents' | 'pattern'>): number {
  const behind = contents.slice(1).reduce((sum, { bytes, max }) => sum + max + bytes.length, 0);
  return behind + (pattern?.within ?? 0);
}
