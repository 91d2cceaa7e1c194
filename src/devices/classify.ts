/**
 * Which type of device the evidence shows, if any: a judgement that can be followed, and never a bare guess.
 *
 * 1. Every piece of evidence argues for types or is set aside (`arguments.ts`).
 * 2. Of the arguments of one ground the strongest counts. Grounds are taken as independent: the score of a type is
 *    1 − Π(1 − strength). A general type (`imaging`, `server`) also argues for its special ones that have an argument
 *    of their own: whoever stores images and is called `ct-01` is a CT.
 * 3. The type with the highest score is the answer when it reaches `TYPE_CONFIDENCE` and is ahead of every unrelated one
 *    by `MARGIN`. If two special types of one general type are too close, the general one is the answer.
 * 4. Otherwise there is no type: what was considered is listed as hints.
 *
 * Scores that are equal are ordered by the list of types, most critical first; the order of evidence makes no difference. An
 * inventory decides by itself; its verdict is not made here.
 */
import type { Evidence, TypeHint } from '../model/device.ts';
import { type Argument, type Aside, argue } from './arguments.ts';
import { byConfidence } from './evidence.ts';
import { productIn } from './products.ts';
import { DEVICE_TYPES } from './types.ts';
import { VENDOR_NAMES, vendorIn } from './vendor-words.ts';

/** A type is given from this score on. */
export const TYPE_CONFIDENCE = 0.5;
/** Unrelated types must be behind by this much. */
export const MARGIN = 0.1;
/** Weaker candidates are not worth a hint. */
const HINT_CONFIDENCE = 0.15;
/** Nothing that is seen is certain. */
const MAX_SCORE = 0.98;
const MAX_HINTS = 4;
/** Characters kept of a maker's name. */
const MAX_VENDOR = 64;

/** General types, and the special ones that they include. */
export const GENERAL_TYPES: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'imaging',
    ['ct', 'mr', 'xray', 'ultrasound', 'mammography', 'nuclear', 'endoscopy', 'dental', 'radiotherapy'],
  ],
  ['infusion-pump', ['syringe-pump']],
  ['patient-monitor', ['fetal-monitor']],
  [
    'server',
    [
      'pacs',
      'ris',
      'lis',
      'ehr',
      'interface-engine',
      'pump-server',
      'central-station',
      'resolver',
      'storage',
    ],
  ],
  ['workstation', ['dicom-workstation']],
  ['mobile', ['cgm-companion', 'insulin-pump-companion', 'health-companion']],
  ['health-companion', ['blood-pressure-monitor', 'baby-monitor']],
  ['building-control', ['plc']],
  [
    'medical-other',
    [...DEVICE_TYPES].flatMap(([name, { medical }]) => (medical && name !== 'medical-other' ? [name] : [])),
  ],
]);

/** A type that was considered. */
export interface Candidate extends TypeHint {
  /** Arguments that count for it, strongest first. */
  readonly counted: readonly Argument[];
  /** Arguments for it that a stronger one of the same ground makes needless. */
  readonly weaker: readonly Argument[];
}

export interface Verdict {
  readonly type: string | undefined;
  /** Score of the type; of the best hint when there is none. */
  readonly confidence: number;
  readonly vendor: string | undefined;
  readonly model: string | undefined;
  /** Best first. */
  readonly candidates: readonly Candidate[];
  readonly asides: readonly Aside[];
  /** Why this type, or why none, in a sentence. */
  readonly reason: string;
}

const ORDER: ReadonlyMap<string, number> = new Map([...DEVICE_TYPES.keys()].map((type, i) => [type, i]));

/** Judges the evidence for one host. */
export function classify(evidence: readonly Evidence[]): Verdict {
  const sorted = [...evidence].sort(byConfidence);
  const { arguments: found, asides } = argue(sorted);
  const candidates = candidatesOf(found);
  const { type, reason } = decide(candidates);
  const vendor = vendorOf(sorted);
  const chosen = candidates.find(candidate => candidate.type === type) ?? candidates[0];
  return {
    type,
    confidence: chosen?.confidence ?? 0,
    vendor,
    model: modelOf(sorted, vendor),
    candidates,
    asides,
    reason: [reason, ...makersNamed(sorted)].join('; '),
  };
}

function candidatesOf(found: readonly Argument[]): Candidate[] {
  const own = new Map<string, Argument[]>();
  for (const argument of found) {
    const list = own.get(argument.type);
    if (list === undefined) own.set(argument.type, [argument]);
    else list.push(argument);
  }
  return Array.from(own, ([type, arguments_]) =>
    candidate(type, [...arguments_, ...general(type, own)]),
  ).sort(byScore);
}

/** Arguments for the types that include this one. */
function general(type: string, own: ReadonlyMap<string, readonly Argument[]>): Argument[] {
  const result: Argument[] = [];
  for (const [name, specials] of GENERAL_TYPES)
    if (specials.includes(type)) result.push(...(own.get(name) ?? []), ...general(name, own));
  return result;
}

function candidate(type: string, all: readonly Argument[]): Candidate {
  const strongest = new Map<string, Argument>();
  for (const argument of all) {
    const known = strongest.get(argument.ground);
    if (known === undefined || argument.strength > known.strength) strongest.set(argument.ground, argument);
  }
  const counted = [...strongest.values()].sort((a, b) => b.strength - a.strength);
  const score = 1 - counted.reduce((doubt, { strength }) => doubt * (1 - strength), 1);
  return {
    type,
    confidence: Math.round(Math.min(score, MAX_SCORE) * 100) / 100,
    counted,
    weaker: all.filter(argument => !counted.includes(argument)),
  };
}

function byScore(a: Candidate, b: Candidate): number {
  return (
    b.confidence - a.confidence || depth(b.type) - depth(a.type) || ORDER.get(a.type)! - ORDER.get(b.type)!
  );
}

/** How many types include this one: special ones come before general ones. */
function depth(type: string): number {
  return [...GENERAL_TYPES.keys()].filter(each => includes(each, type)).length;
}

/** Whether a general type includes another, at any depth. */
function includes(general_: string, special: string): boolean {
  const specials = GENERAL_TYPES.get(general_) ?? [];
  return specials.includes(special) || specials.some(each => includes(each, special));
}

function isRelated(a: string, b: string): boolean {
  return a === b || includes(a, b) || includes(b, a);
}

function decide(candidates: readonly Candidate[]): { type: string | undefined; reason: string } {
  const winner = candidates[0];
  if (winner === undefined) return { type: undefined, reason: 'nothing that was seen says what it is' };
  if (winner.confidence < TYPE_CONFIDENCE) {
    const most = `${winner.type} (${percent(winner.confidence)})`;
    return {
      type: undefined,
      reason: `the evidence is too weak: at most ${most}, and ${percent(TYPE_CONFIDENCE)} are needed`,
    };
  }
  const rival = candidates.find(
    other => !isRelated(winner.type, other.type) && winner.confidence - other.confidence < MARGIN,
  );
  if (rival === undefined) return { type: winner.type, reason: because(winner) };
  const common = candidates.find(
    ({ type, confidence }) =>
      includes(type, winner.type) && includes(type, rival.type) && confidence >= TYPE_CONFIDENCE,
  );
  const close = `${winner.type} (${percent(winner.confidence)}) and ${rival.type} (${percent(rival.confidence)})`;
  if (common !== undefined)
    return { type: common.type, reason: `${close} are too close; both are ${common.type}` };
  return { type: undefined, reason: `the evidence is at odds: ${close} are too close` };
}

function because({ type, confidence, counted }: Candidate): string {
  const grounds = counted.length === 1 ? 'one ground' : `${counted.length} independent grounds`;
  return `${type} has the best score, ${percent(confidence)} from ${grounds}`;
}

/** Hints for a person, best first, when no type is given. */
export function hintsOf({ candidates, type }: Verdict): TypeHint[] {
  if (type !== undefined) return [];
  return candidates
    .filter(({ confidence }) => confidence >= HINT_CONFIDENCE)
    .slice(0, MAX_HINTS)
    .map(({ type: hint, confidence }) => ({ type: hint, confidence }));
}

/** The maker most is said for; short names and names as written of one maker count together. */
function vendorOf(sorted: readonly Evidence[]): string | undefined {
  const doubts = new Map<string, number>();
  for (const { attribute, value, confidence, behind } of sorted) {
    if (attribute !== 'vendor' || behind === true || confidence < NAMES_IT) continue;
    const vendor = makerOf(value);
    if (vendor === undefined) continue;
    doubts.set(vendor, (doubts.get(vendor) ?? 1) * (1 - confidence));
  }
  return [...doubts].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1))[0]?.[0];
}

/** Less is no hint even, and names neither maker nor model. */
const NAMES_IT = 0.3;

/** Short name of a maker, or the name as written; undefined for a false friend. */
function makerOf(text: string): string | undefined {
  const match = vendorIn(text);
  if (match?.falseFriend === true) return undefined;
  return match?.vendor ?? (plainName(text) || undefined);
}

/** A model that objects of DICOM name is shown beside the maker that they or the product name, never beside another. */
function modelOf(sorted: readonly Evidence[], vendor: string | undefined): string | undefined {
  const named = sorted.filter(({ behind, confidence }) => behind !== true && confidence >= NAMES_IT);
  const claimed = named.flatMap(({ attribute, source, value }) =>
    attribute === 'vendor' && source === 'dicom' ? (makerOf(value) ?? []) : [],
  );
  const fits = ({ source, value }: Evidence): boolean => {
    if (source !== 'dicom' || vendor === undefined) return true;
    const makers = claimed.length > 0 ? claimed : [productIn(value)?.vendor];
    return makers.length === 1 && makers[0] === vendor;
  };
  return named.find(item => item.attribute === 'model' && fits(item))?.value;
}

/**
 * Makers at odds, in words. What a network card says is of the card. Only names of the table are written out: a sentence
 * holds no text of the wire.
 */
function* makersNamed(sorted: readonly Evidence[]): Generator<string> {
  const makers = (isMeant: (item: Evidence) => boolean): string[] => {
    const named = sorted.filter(
      item => item.attribute === 'vendor' && item.source !== 'oui' && isMeant(item),
    );
    return [...new Set(named.flatMap(({ value }) => makerOf(value) ?? []))].sort();
  };
  const own = makers(({ behind, confidence }) => behind !== true && confidence >= NAMES_IT);
  if (own.length > 1) yield `its makers are at odds: ${inTable(own)}`;
  const others = makers(({ behind, source }) => behind === true && source === 'dicom');
  if (others.length > 1) yield `the images it passes on name several makers: ${inTable(others)}`;
}

function inTable(makers: readonly string[]): string {
  const known = makers.filter(name => VENDOR_NAMES.has(name));
  const rest = makers.length - known.length;
  return [...known, ...(rest === 0 ? [] : [`${rest} not in the table of makers`])].join(', ');
}

/** A name from the wire as an inventory may hold it. */
function plainName(text: string): string {
  return text
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_VENDOR)
    .trim();
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
