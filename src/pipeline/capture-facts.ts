/**
 * What is remembered of one capture while it is read, and the account given of it afterwards: how far it was read,
 * from when to when, which link types, and which of its frames nothing can be made of.
 */

import { ClockWatch, type Jump } from '../capture/clock-watch.ts';
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
  wireBytes = 0;
  snapped = 0;
  cutBytes = 0;
  cutTo = 0;
  readonly clock = new ClockWatch();
  #unordered = 0;
  ioError: string | undefined;
  /** Frames per link type, and the number of the first. */
  readonly linkTypes = new Map<number, { frames: number; readonly first: number }>();
  #firstSec = Number.POSITIVE_INFINITY;
  #firstNsec = 0;
  #lastSec = Number.NEGATIVE_INFINITY;
  #lastNsec = 0;
  #linkType = -1;
  #counted = { frames: 0, first: 0 };

  note({ sec, nsec, linkType, number, length, captured }: Frame): void {
    this.frames++;
    this.wireBytes += length;
    if (captured < length) {
      this.snapped++;
      this.cutBytes += length - captured;
      if (captured > this.cutTo) this.cutTo = captured;
    }
    this.clock.note(sec, nsec, number);
    if (sec < this.#lastSec || (sec === this.#lastSec && nsec < this.#lastNsec)) this.#unordered++;
    if (linkType !== this.#linkType) {
      this.#linkType = linkType;
      this.#counted = this.linkTypes.get(linkType) ?? { frames: 0, first: this.frames };
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

  clockInfo(): ClockInfo {
    const { backward, forward, largestBackward, largestForward } = this.clock;
    return {
      offset: 0,
      reordered: 0,
      unordered: this.#unordered,
      backward,
      forward,
      largest_backward: clockJump(largestBackward),
      largest_forward: clockJump(largestForward),
    };
  }
}

function clockJump(jump: Jump | undefined): ClockJump | null {
  if (jump === undefined) return null;
  return { seconds: jump.seconds, ts: { sec: jump.sec, nsec: jump.nsec }, frame: jump.number };
}

/** The account of a capture that was opened, and its problems. */
export function describeCapture(
  { name, reader, buffer }: OpenCapture,
  facts: CaptureFacts,
): { info: CaptureInfo; problems: InputError[] } {
  const { damage } = reader;
  const unseen = unseenFrames(reader.skipped.get('missing_interface') ?? 0, facts);
  const stopped = facts.ioError ?? damage?.message ?? null;
  const offset = damage?.offset ?? (facts.ioError === undefined ? null : buffer.read);
  const problems = unseen.problems.map(problem => new InputError(name, problem));
  if (stopped !== null) problems.push(new InputError(name, stopped, offset ?? undefined));
  let status: CaptureInfo['status'] = facts.ioError === undefined ? (damage?.kind ?? 'ok') : 'truncated';
  if (status === 'ok' && unseen.frames > 0) status = unseen.all ? 'undecoded' : 'partial';
  const info: CaptureInfo = {
    name,
    format: reader.format,
    sha256: buffer.finished ? buffer.digest() : null,
    bytes: buffer.read,
    frames: facts.frames,
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
    untimed: reader.interfaces.reduce((sum, { untimed }) => sum + untimed, 0),
    containers: [],
    clock: facts.clockInfo(),
    outside: 0,
    status,
    problem: stopped ?? unseen.problems[0] ?? null,
    offset,
  };
  return { info, problems };
}

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

/** The account of a capture of which nothing could be read. */
export function unreadable(name: string, error: InputError): CaptureInfo {
  return {
    name,
    format: 'unknown',
    sha256: null,
    bytes: 0,
    frames: 0,
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
    clock: new CaptureFacts().clockInfo(),
    outside: 0,
    status: 'unreadable',
    problem: error.message,
    offset: error.offset ?? null,
  };
}
