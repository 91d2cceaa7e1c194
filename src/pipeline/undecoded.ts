/**
 * Frames by what kept them from being decoded, named as in `coverage.undecoded`: `truncated_ip_header`,
 * `unknown_ethertype:0x88cc`, `llc:0x4242`, `unknown_snap_protocol:0x00000c/0x2000`, `unknown_link_type:147`.
 *
 * Limit: `MAX_NUMBERS` distinct numbers per reason; what is beyond is counted under the bare reason.
 */
import { type Packet, PROBLEM, PROBLEM_NAMES } from '../model/packet.ts';

const MAX_NUMBERS = 256;

/** Problems that are told apart by a number, and how it is written. */
const NUMBERED: ReadonlyMap<number, (number: number) => string> = new Map([
  [PROBLEM.ethertype, hexWord],
  [PROBLEM.llc, hexWord],
  [PROBLEM.ppp, hexWord],
  [
    PROBLEM.snap,
    number =>
      `0x${Math.floor(number / 0x10000)
        .toString(16)
        .padStart(6, '0')}/${hexWord(number % 0x10000)}`,
  ],
  [PROBLEM.linkType, String],
]);

export class Undecoded {
  readonly #problems = new Float64Array(PROBLEM_NAMES.length);
  readonly #numbered = new Map([...NUMBERED.keys()].map(problem => [problem, new Map<number, number>()]));
  readonly #named = new Map<string, number>();

  /** Counts a packet that has a problem. */
  note(packet: Packet): void {
    const { problem } = packet;
    const numbers = this.#numbered.get(problem);
    const number =
      problem === PROBLEM.snap ? packet.snapOui * 0x10000 + packet.problemNumber : packet.problemNumber;
    if (numbers === undefined || (numbers.size >= MAX_NUMBERS && !numbers.has(number)))
      this.#problems[problem]! += 1;
    else numbers.set(number, (numbers.get(number) ?? 0) + 1);
  }

  /** Counts frames that were lost before they could be decoded. */
  add(reason: string, count: number): void {
    this.#named.set(reason, (this.#named.get(reason) ?? 0) + count);
  }

  counts(): Map<string, number> {
    const counts = new Map(this.#named);
    this.#problems.forEach((count, problem) => {
      if (count > 0) counts.set(PROBLEM_NAMES[problem]!, count);
    });
    for (const [problem, numbers] of this.#numbered) {
      for (const [number, count] of numbers)
        counts.set(`${PROBLEM_NAMES[problem]}:${NUMBERED.get(problem)!(number)}`, count);
    }
    return counts;
  }
}

/** Spanning tree (IEEE 802.1D), in LLC. */
const SPANNING_TREE = 0x4242;
/** Slow protocols (LACP; IEEE 802.3 annex 57A) and loops that switches look for (configuration testing). */
const BETWEEN_SWITCHES: ReadonlySet<number> = new Set([0x8809, 0x9000]);

/**
 * What switches tell one another all day: nobody's traffic. A port where nothing else passed was looked at; of one with
 * nothing but unknown or encrypted protocols nothing is known.
 */
export function isBetweenSwitches({ problem, problemNumber }: Packet): boolean {
  if (problem === PROBLEM.llc) return problemNumber === SPANNING_TREE;
  return problem === PROBLEM.ethertype && BETWEEN_SWITCHES.has(problemNumber);
}

function hexWord(number: number): string {
  return `0x${number.toString(16).padStart(4, '0')}`;
}
