/**
 * What must stand behind an anchor: the rest of the first content, the other contents at their distances, and the
 * pattern. Compared when enough bytes are there, or when no more will come.
 *
 * A content may stand at several places, each of which another one may follow: all of them are followed at once, so
 * that the work is bounded by bytes times contents.
 */
import { type Content, SIGNATURE_LIMITS, type Signature, spanOf } from './signature.ts';

/** A signature without its anchor. */
export interface Behind {
  readonly signature: Signature;
  /** Bytes behind the anchor that decide. */
  readonly span: number;
  /** What a comparison costs (`SIGNATURE_LIMITS.work`). */
  readonly cost: number;
  readonly contents: readonly Content[];
}

/** The first bytes of the first content, which the automaton looks for. */
export function anchorOf({ contents }: Signature): Uint8Array {
  return contents[0]!.bytes.subarray(0, SIGNATURE_LIMITS.anchor);
}

export function behindAnchor(signature: Signature): Behind {
  const [first, ...others] = signature.contents;
  const rest = first!.bytes.subarray(SIGNATURE_LIMITS.anchor);
  const contents =
    rest.length === 0 ? others : [{ bytes: rest, nocase: first!.nocase, min: 0, max: 0 }, ...others];
  const span = spanOf(signature) + rest.length;
  return { signature, span, cost: span * Math.max(contents.length, 1), contents };
}

/**
 * Whether `bytes[from, to)`, which begin behind the anchor, are what the signature wants there.
 * @param all bytes that lie within the depth of the signature: contents must, the pattern need not
 */
export function isBehind(
  { contents, signature }: Behind,
  bytes: Uint8Array,
  from: number,
  to: number,
  all: number,
): boolean {
  const depth = Math.min(to, from + all);
  /** Where what was found so far may end. */
  let ends = [from];
  for (const content of contents) {
    ends = follow(content, ends, bytes, depth);
    if (ends.length === 0) return false;
  }
  const { pattern } = signature;
  return (
    pattern === undefined ||
    ends.some(end => pattern.test(latin1(bytes, end, Math.min(end + pattern.within, to))))
  );
}

/** Where a content may end, given where the one before may; both ascending. */
function follow(content: Content, ends: readonly number[], bytes: Uint8Array, depth: number): number[] {
  const { min, max } = content;
  const { length } = content.bytes;
  const found: number[] = [];
  let tried = -1;
  for (const end of ends) {
    const last = Math.min(end + max, depth - length);
    for (let at = Math.max(end + min, tried + 1); at <= last; at++) {
      tried = at;
      if (isAt(content, bytes, at)) found.push(at + length);
    }
  }
  return found;
}

function isAt({ bytes: wanted, nocase }: Content, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < wanted.length; i++) {
    const byte = bytes[at + i]!;
    if ((nocase && byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte) !== wanted[i]!) return false;
  }
  return true;
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let at = from; at < to; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}
