/**
 * What is remembered of one capture while it is read, and the account given of it afterwards: how far it was read,
 * from when to when, which link types, and which of its frames nothing can be made of.
 */

import type { Jump } from '../capture/clock-watch.ts';
import type { ClockOffset, FrameWindow } from '../capture/frame-window.ts';
import type { OpenCapture } from '../capture/open.ts';
import type { CaptureInterface } from '../capture/reader.ts';
import { InputError } from '../errors.ts';
import { LINK_TYPE_NAMES } from '../layers/link.ts';
import {
  type CaptureInfo,
  type ClockInfo,
  type ClockJump,
  type InterfaceInfo,
  MAX_INTERFACES_SHOWN,
} from '../model/analysis.ts';
import type { Frame } from '../model/frame.ts';
import type { Moment } from '../model/schema.ts';

/** What is remembered of one capture while it is read. */
export class CaptureFacts {
  frames = 0;
  outside = 0;
  wireBytes = 0;
  snapped = 0;
  cutBytes = 0;
  cutTo = 0;
  readonly offset: ClockOffset | undefined;
  /** Frames per link type, and the number of the first. */
  readonly linkTypes = new Map<number, { frames: number; readonly first: number }>();
  #firstSec = Number.POSITIVE_INFINITY;
  #firstNsec = 0;
  #lastSec = Number.NEGATIVE_INFINITY;
  #lastNsec = 0;
  #linkType = -1;
  #counted = { frames: 0, first: 0 };

  constructor(offset: ClockOffset | undefined) {
    this.offset = offset;
  }

  /** Takes a frame; `within` the time that is analysed or not. */
  note({ sec, nsec, linkType, number, length, captured }: Frame, within: boolean): void {
    this.frames++;
    if (!within) this.outside++;
    this.wireBytes += length;
    if (captured < length) {
      this.snapped++;
      this.cutBytes += length - captured;
      if (captured > this.cutTo) this.cutTo = captured;
    }
    if (linkType !== this.#linkType) {
      this.#linkType = linkType;
      this.#counted = this.linkTypes.get(linkType) ?? { frames: 0, first: number };
      this.linkTypes.set(linkType, this.#counted);
    }
    this.#counted.frames++;
    if (sec < this.#firstSec || (sec === this.#firstSec && nsec < this.#firstNsec)) {
      this.#firstSec = sec;
      this.#firstNsec = nsec;
    }
    if (sec > this.#lastSec || (sec === this.#lastSec && nsec > this.#lastNsec)) {
      this.#lastSec = sec;
      this.#lastNsec = nsec;
    }
  }

  get first(): Moment | null {
    return this.frames === 0 ? null : { sec: this.#firstSec, nsec: this.#firstNsec };
  }

  get last(): Moment | null {
    return this.frames === 0 ? null : { sec: this.#lastSec, nsec: this.#lastNsec };
  }
}

function clockJump(jump: Jump | undefined): ClockJump | null {
  if (jump === undefined) return null;
  return { seconds: jump.seconds, ts: { sec: jump.sec, nsec: jump.nsec }, frame: jump.number };
}

/** The account of a capture that was opened, its problems, and the limit that ended it. */
export function describeCapture(
  capture: OpenCapture,
  facts: CaptureFacts,
  window: FrameWindow,
  { duplicates, decoded }: { readonly duplicates: number; readonly decoded: boolean },
): { info: CaptureInfo; problems: InputError[]; limit: string | undefined } {
  const { name, reader, buffer, file, containers } = capture;
  const end = endOf(capture, window);
  const unseen = unseenFrames(reader.skipped.get('missing_interface') ?? 0, facts);
  const problems = unseen.problems.map(problem => new InputError(name, problem));
  if (end !== undefined) problems.push(new InputError(name, end.message, end.offset));
  let status: CaptureInfo['status'] = end?.status ?? 'ok';
  if (status === 'ok' && unseen.frames > 0) status = unseen.all ? 'undecoded' : 'partial';
  const within = facts.frames - facts.outside;
  if (within > 0 && !decoded && !unseen.all) {
    unseen.problems.unshift(undecodedText(within, facts));
    problems.unshift(new InputError(name, unseen.problems[0]!));
    if (status === 'ok' || status === 'partial') status = 'undecoded';
  }
  const unmerged = unmergedParts(window);
  if (unmerged !== undefined) {
    problems.push(new InputError(name, unmerged));
    if (status === 'ok') status = 'unmerged';
  }
  const info: CaptureInfo = {
    name,
    format: reader.format,
    sha256: null,
    bytes: capture.member ? buffer.read : file.count,
    frames: facts.frames,
    records: null,
    wire_bytes: facts.wireBytes,
    snapped: facts.snapped,
    cut_bytes: facts.cutBytes,
    cut_to: facts.snapped > 0 ? facts.cutTo : null,
    first: facts.first,
    last: facts.last,
    link_types: [...facts.linkTypes.keys()].map(linkTypeName).sort(),
    interfaces: reader.interfaces.slice(0, MAX_INTERFACES_SHOWN).map(describeInterface),
    snap_length: smallestSnapLength(reader.interfaces),
    drops: totalDrops(reader.interfaces),
    untimed: untimedFrames(reader.interfaces, facts),
    containers,
    clock: clockInfo(facts, window),
    outside: facts.outside,
    duplicates,
    same_as: null,
    status,
    problem: end?.message ?? unseen.problems[0] ?? unmerged ?? null,
    offset: end?.offset ?? null,
    limit: end?.limit ?? null,
  };
  return { info, problems, limit: end?.limit };
}

/** Frames whose format has no time, or all of them when every time is zero, as converters from text write it. */
function untimedFrames(
  interfaces: readonly CaptureInterface[],
  { frames, first, last, offset }: CaptureFacts,
) {
  const zero = (moment: Moment | null) => moment?.sec === 0 && moment.nsec === 0;
  if (offset === undefined && zero(first) && zero(last)) return frames;
  return interfaces.reduce((sum, { untimed }) => sum + untimed, 0);
}

/** Why a capture was not read to its end. */
interface End {
  readonly status: 'truncated' | 'corrupt';
  readonly message: string;
  /** In the file on disk. */
  readonly offset: number;
  readonly limit: string | undefined;
}

/** The cause goes before its consequences: the system, then decompression from the outside in, then the format. */
function endOf({ reader, buffer, file, layers }: OpenCapture, window: FrameWindow): End | undefined {
  if (window.ioError !== undefined) {
    return { status: 'truncated', message: window.ioError, offset: file.count, limit: undefined };
  }
  // Where an interruption cut it, it ends within something: the run says so, once.
  const cutBy = file.cut ? 'truncated' : undefined;
  const layer = layers.find(({ stopped }) => stopped !== undefined);
  if (layer?.stopped !== undefined && layer.stopped.kind !== cutBy) {
    const { kind, message, limit } = layer.stopped;
    const named = limit === undefined ? message : `${message} (limit ${limit})`;
    return {
      status: kind === 'limit' ? 'truncated' : kind,
      message: `${layer.format}: ${named}, after ${layer.produced} decompressed bytes`,
      offset: layer.consumed,
      limit,
    };
  }
  const { damage } = reader;
  if (damage === undefined || damage.kind === cutBy) return undefined;
  const { kind: status, offset } = damage;
  if (layers.length === 0) return { status, message: damage.message, offset, limit: undefined };
  const message = `${damage.message}, at byte ${offset} of its decompressed form`;
  return {
    status,
    message,
    offset: Math.min(file.count, layers[0]?.consumed ?? buffer.read),
    limit: undefined,
  };
}

function clockInfo({ offset }: CaptureFacts, window: FrameWindow): ClockInfo {
  const { backward, forward, largestBackward, largestForward } = window.clock;
  return {
    offset: offset === undefined ? 0 : offset.sec + offset.nsec / 1e9,
    reordered: window.reordered,
    unordered: window.unordered,
    backward,
    forward,
    largest_backward: clockJump(largestBackward),
    largest_forward: clockJump(largestForward),
  };
}

const QUIET_CLOCK: ClockInfo = {
  offset: 0,
  reordered: 0,
  unordered: 0,
  backward: 0,
  forward: 0,
  largest_backward: null,
  largest_forward: null,
};

function linkTypeName(type: number): string {
  return LINK_TYPE_NAMES.get(type) ?? `${type}`;
}

function describeInterface(source: CaptureInterface): InterfaceInfo {
  const { reported } = source;
  return {
    name: source.name ?? null,
    description: source.description ?? null,
    link_type: linkTypeName(source.linkType),
    snap_length: source.snapLength === 0 ? null : source.snapLength,
    frames: source.frames,
    received: reported.received ?? null,
    accepted: reported.accepted ?? null,
    dropped: reported.dropped ?? null,
    os_dropped: reported.osDropped ?? null,
    dropped_between: reported.droppedBetween ?? null,
  };
}

function smallestSnapLength(interfaces: readonly CaptureInterface[]): number | null {
  const bounds = interfaces.filter(({ frames, snapLength }) => frames > 0 && snapLength > 0);
  return bounds.length === 0
    ? null
    : bounds.reduce((least, { snapLength }) => Math.min(least, snapLength), Infinity);
}

/** Statistics count what single frames report, too: the larger of both is what was lost. */
function totalDrops(interfaces: readonly CaptureInterface[]): number | null {
  let total: number | null = null;
  for (const { reported } of interfaces) {
    const { dropped, osDropped, droppedBetween } = reported;
    if (dropped === undefined && osDropped === undefined && droppedBetween === undefined) continue;
    total = (total ?? 0) + Math.max((dropped ?? 0) + (osDropped ?? 0), droppedBetween ?? 0);
  }
  return total;
}

/**
 * Frames that nothing can be made of are problems of their capture, since what they show stays unseen: packets of
 * interfaces that were not described, and link types that are not decoded. The first problem is the capture's.
 */
function unseenFrames(undescribed: number, facts: CaptureFacts) {
  const problems: string[] = [];
  let frames = undescribed;
  if (undescribed > 0) problems.push(`packets of interfaces that the file does not describe: ${undescribed}`);
  for (const [type, { frames: count, first }] of facts.linkTypes) {
    if (LINK_TYPE_NAMES.has(type)) continue;
    const share = count === facts.frames ? 'all of its' : `${count} of ${facts.frames}`;
    problems.push(`link type ${type} cannot be decoded: ${share} frames, from frame ${first} on`);
    frames += count;
  }
  return { frames, all: frames === facts.frames + undescribed, problems };
}

/** What is said of a capture with frames of which nothing could be made. */
function undecodedText(frames: number, { snapped, cutTo }: CaptureFacts): string {
  const none =
    frames === 1 ? 'its only frame could not be decoded' : `none of its ${frames} frames could be decoded`;
  return snapped >= frames ? `${none}: at most ${cutTo} bytes of each were recorded` : none;
}

/** What `CaptureReading.overlapping` cannot mend: interfaces and sections of pipes, of streams, and too many of them. */
function unmergedParts({ clock }: FrameWindow): string | undefined {
  if (clock.crossed === 0) return undefined;
  return (
    `its interfaces or sections overlap in time and are not merged: from frame ${clock.firstCrossed} on the order of ` +
    'the file is kept; give it as an uncompressed file of its own, or sort it with reordercap'
  );
}

/** The account of a capture of which nothing could be read. */
export function unreadable(name: string, error: InputError): CaptureInfo {
  return {
    name,
    format: 'unknown',
    sha256: null,
    bytes: 0,
    frames: 0,
    records: null,
    wire_bytes: 0,
    snapped: 0,
    cut_bytes: 0,
    cut_to: null,
    first: null,
    last: null,
    link_types: [],
    interfaces: [],
    snap_length: null,
    drops: null,
    untimed: 0,
    containers: [],
    clock: QUIET_CLOCK,
    outside: 0,
    duplicates: 0,
    same_as: null,
    status: 'unreadable',
    problem: error.message,
    offset: error.offset ?? null,
    limit: error.limit ?? null,
  };
}
