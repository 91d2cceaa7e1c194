/**
 * Interfaces of one file that were read side by side, as one account again. Their frames keep the numbers and the name of
 * the file, so that a reader finds them there.
 */
import type { CaptureInfo, ClockInfo, ClockJump, InterfaceInfo } from '../model/analysis.ts';
import { compareMoments } from '../model/moment.ts';
import type { Moment } from '../model/schema.ts';

/** Accounts of parts of one file, which have its name, become one, in the place of the first. */
export function joinParts(captures: readonly CaptureInfo[]): CaptureInfo[] {
  const byName = new Map<string, CaptureInfo>();
  const joined: CaptureInfo[] = [];
  for (const info of captures) {
    const before = byName.get(info.name);
    const whole = before !== undefined && isPart(before, info) ? join(before, info) : info;
    if (whole === info) joined.push(info);
    else joined[joined.indexOf(before!)] = whole;
    byName.set(info.name, whole);
  }
  return joined;
}

/** The same file given twice is two captures: then both have all frames. */
function isPart(a: CaptureInfo, b: CaptureInfo): boolean {
  return (
    a.format === 'pcapng' &&
    b.format === 'pcapng' &&
    a.interfaces.some(({ frames }, i) => frames === 0 && (b.interfaces[i]?.frames ?? 0) > 0)
  );
}

function join(a: CaptureInfo, b: CaptureInfo): CaptureInfo {
  const worse = a.status === 'ok' ? b : a;
  return {
    ...a,
    frames: a.frames + b.frames,
    wire_bytes: a.wire_bytes + b.wire_bytes,
    snapped: a.snapped + b.snapped,
    cut_bytes: a.cut_bytes + b.cut_bytes,
    cut_to: greater(a.cut_to, b.cut_to),
    first: earlier(a.first, b.first),
    last: earlier(b.last, a.last) === b.last ? (a.last ?? b.last) : b.last,
    link_types: [...new Set([...a.link_types, ...b.link_types])].sort(),
    interfaces: a.interfaces.map((one, i) => joinInterface(one, b.interfaces[i])),
    untimed: a.untimed + b.untimed,
    clock: joinClock(a.clock, b.clock),
    outside: a.outside + b.outside,
    duplicates: a.duplicates + b.duplicates,
    status: worse.status,
    problem: worse.problem,
    offset: worse.offset,
    limit: worse.limit,
  };
}

/** What the file says of an interface is in both; its frames are in one. */
function joinInterface(a: InterfaceInfo, b: InterfaceInfo | undefined): InterfaceInfo {
  return b !== undefined && b.frames > 0 ? b : a;
}

function joinClock(a: ClockInfo, b: ClockInfo): ClockInfo {
  return {
    offset: a.offset,
    reordered: a.reordered + b.reordered,
    unordered: a.unordered + b.unordered,
    backward: a.backward + b.backward,
    forward: a.forward + b.forward,
    largest_backward: larger(a.largest_backward, b.largest_backward),
    largest_forward: larger(a.largest_forward, b.largest_forward),
  };
}

function larger(a: ClockJump | null, b: ClockJump | null): ClockJump | null {
  return (b?.seconds ?? 0) > (a?.seconds ?? 0) ? b : a;
}

function greater(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}

function earlier(a: Moment | null, b: Moment | null): Moment | null {
  if (a === null || b === null) return a ?? b;
  return compareMoments(b, a) < 0 ? b : a;
}
