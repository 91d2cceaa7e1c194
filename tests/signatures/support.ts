/** Signatures from text, and a scan of bytes cut into segments. */
import type { Direction } from '../../src/model/protocol.ts';
import { StreamMemory } from '../../src/model/stream-memory.ts';
import { SignatureSet } from '../../src/signatures/compile.ts';
import { FlowScan, type SignatureMatch } from '../../src/signatures/flow-scan.ts';
import { parseSignatures } from '../../src/signatures/load.ts';
import type { Signature } from '../../src/signatures/signature.ts';

export const SERVICES: ReadonlySet<string> = new Set(['http', 'smb', 'hl7']);

/** Signatures of a file with this list; throws with the problems when there are any. */
export function signatures(list: string): readonly Signature[] {
  const read = parseSignatures('x.signatures.yml', `signatures:\n${list}`, SERVICES);
  if (read.problems.length > 0) throw new Error(read.problems.map(({ message }) => message).join('; '));
  return read.signatures;
}

/** One signature; `more` are lines of YAML in flow style. */
export function signature(more: string, protocol: 'tcp' | 'udp' = 'tcp'): Signature {
  return signatures(`  - {id: x, name: X, kind: other, protocol: ${protocol}, ${more}}`)[0]!;
}

export interface Scanned {
  readonly matches: readonly SignatureMatch[];
  readonly limited: number;
  /** The last answer: more bytes are wanted. */
  readonly wants: boolean;
  /** Bytes that wait after the end. */
  readonly held: number;
}

/** A part of a flow: bytes of a side, or how many are missing. */
export type Part = readonly [Direction, Uint8Array | string | number];

export function scan(
  given: readonly Signature[],
  parts: readonly Part[],
  flow: { readonly transport?: 'tcp' | 'udp'; readonly respPort?: number; readonly fromStart?: boolean } = {},
): Scanned {
  const matches: SignatureMatch[] = [];
  let limited = 0;
  let frame = 0;
  let wants = true;
  const memory = new StreamMemory(1 << 20);
  const scanned = new FlowScan(
    new SignatureSet(given),
    {
      transport: flow.transport ?? given[0]?.protocol ?? 'tcp',
      respPort: flow.respPort ?? 9999,
      fromStart: flow.fromStart ?? true,
      get now() {
        return { sec: frame, nsec: 0 };
      },
      get frame() {
        return frame;
      },
      capture: 0,
    },
    memory,
    { matched: match => matches.push(match), limited: () => limited++ },
  );
  for (const [direction, part] of parts) {
    frame++;
    if (typeof part === 'number') {
      wants = scanned.gap(direction, part);
      continue;
    }
    const bytes = typeof part === 'string' ? Buffer.from(part, 'latin1') : part;
    // Bytes are borrowed, and stand somewhere in a frame.
    const framed = new Uint8Array(bytes.length + 7).fill(0x41);
    framed.set(bytes, 3);
    wants = scanned.data(direction, framed, 3, 3 + bytes.length);
    framed.fill(0x42);
  }
  scanned.end();
  return { matches, limited, wants, held: memory.used };
}

/** Identifier and place of each match, sorted. */
export function places({ matches }: Scanned): readonly string[] {
  return matches.map(({ signature: { id }, offset }) => `${id}@${offset}`).sort();
}
