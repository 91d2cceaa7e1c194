/**
 * Indicators in memory: columns, an arena of UTF-8 for their text, and an open hash table over them. A lookup compares a hash of
 * 32 bits, then the text itself. Several sources may name the same indicator: those follow one another.
 *
 * A million indicators take about 70 MB. Limits: `INTEL_LIMITS.indicators`, `INTEL_LIMITS.origins`.
 */
import { INTEL_KINDS, type IntelKind } from '../model/intel.ts';
import { INTEL_LIMITS } from './limits.ts';

/** What indicators of one source have in common. */
export interface Origin {
  readonly source: string;
  /** 0 to 100; undefined when the source does not say. */
  readonly confidence: number | undefined;
  readonly tags: readonly string[];
}

/** One indicator, as a file has it. */
export interface Entry extends Origin {
  readonly kind: IntelKind;
  /** Normalised. */
  readonly text: string;
  /** Epoch seconds from which on it does not hold; undefined: it does not end. */
  readonly until: number | undefined;
  readonly description: string | undefined;
}

const NONE = 0xffff_ffff;
const FIRST = 1024;

export class IndicatorTable {
  length = 0;
  /** Given again by the same source. */
  repeated = 0;
  /** Not taken, for want of room. */
  refused = 0;
  /** Indicators of each kind. */
  readonly counts = new Map<IntelKind, number>();
  #hash = new Uint32Array(FIRST);
  #kind = new Uint8Array(FIRST);
  #origin = new Uint32Array(FIRST);
  #until = new Float64Array(FIRST);
  /** Where the text begins in the arena, and its length; the description follows it. */
  #at = new Uint32Array(FIRST);
  #textLength = new Uint16Array(FIRST);
  #descriptionLength = new Uint16Array(FIRST);
  /** The next entry with the same text. */
  #next = new Uint32Array(FIRST);
  /** Entries by hash, plus one; 0 is free. */
  #slots = new Uint32Array(FIRST * 2);
  #arena = new Uint8Array(FIRST * 32);
  #used = 0;
  readonly #origins: Origin[] = [];
  readonly #originOf = new Map<string, number>();
  readonly #encoder = new TextEncoder();
  readonly #scratch = new Uint8Array(4 * INTEL_LIMITS.indicatorLength);

  add(entry: Entry): void {
    if (this.length >= INTEL_LIMITS.indicators || this.#originOf.size >= INTEL_LIMITS.origins) {
      this.refused++;
      return;
    }
    const kind = INTEL_KINDS.indexOf(entry.kind);
    const origin = this.#intern(entry);
    const length = this.#encode(entry.text);
    const hash = hashOf(this.#scratch, length, kind);
    const slot = this.#find(hash, kind, length);
    const first = this.#slots[slot]! - 1;
    for (let at = first; at >= 0 && at !== NONE; at = this.#next[at]!) {
      if (this.#origin[at] !== origin) continue;
      this.repeated++;
      this.#until[at] = Math.max(this.#until[at]!, entry.until ?? Number.POSITIVE_INFINITY);
      return;
    }
    if (this.length === this.#hash.length) this.#grow();
    const index = this.length++;
    this.#hash[index] = hash;
    this.#kind[index] = kind;
    this.#origin[index] = origin;
    this.#until[index] = entry.until ?? Number.POSITIVE_INFINITY;
    this.#at[index] = this.#used;
    this.#textLength[index] = length;
    this.#keep(length);
    const described = this.#encode((entry.description ?? '').slice(0, INTEL_LIMITS.descriptionLength));
    this.#descriptionLength[index] = described;
    this.#keep(described);
    this.#next[index] = first < 0 ? NONE : first;
    this.counts.set(entry.kind, (this.counts.get(entry.kind) ?? 0) + 1);
    // The table may have grown since the slot was found.
    this.#slots[this.#find(hash, kind, length, index)] = index + 1;
  }

  /** Entries with this text, of all sources. */
  find(kind: IntelKind, text: string): readonly number[] {
    if (this.length === 0 || text.length > INTEL_LIMITS.indicatorLength || !this.counts.has(kind)) return [];
    const number = INTEL_KINDS.indexOf(kind);
    const length = this.#encode(text);
    const found: number[] = [];
    let at = this.#slots[this.#find(hashOf(this.#scratch, length, number), number, length)]! - 1;
    for (; at >= 0 && at !== NONE && found.length < INTEL_LIMITS.matches; at = this.#next[at]!)
      found.push(at);
    return found;
  }

  /** Whether an entry holds at a time, in epoch seconds. */
  holds(index: number, time: number): boolean {
    return time < this.#until[index]!;
  }

  entry(index: number): Entry {
    const at = this.#at[index]!;
    const behind = at + this.#textLength[index]!;
    const until = this.#until[index]!;
    const description = decode(this.#arena.subarray(behind, behind + this.#descriptionLength[index]!));
    return {
      ...this.#origins[this.#origin[index]!]!,
      kind: INTEL_KINDS[this.#kind[index]!]!,
      text: decode(this.#arena.subarray(at, behind)),
      until: until === Number.POSITIVE_INFINITY ? undefined : until,
      description: description === '' ? undefined : description,
    };
  }

  /** The texts of all indicators of a kind. */
  *texts(kind: IntelKind): Generator<string> {
    const number = INTEL_KINDS.indexOf(kind);
    for (let i = 0; i < this.length; i++) {
      const at = this.#at[i]!;
      if (this.#kind[i] === number) yield decode(this.#arena.subarray(at, at + this.#textLength[i]!));
    }
  }

  #intern({ source, confidence, tags }: Origin): number {
    const key = [source, confidence ?? '', ...tags].join('\u0000');
    let origin = this.#originOf.get(key);
    if (origin === undefined) {
      origin = this.#origins.push({ source, confidence, tags }) - 1;
      this.#originOf.set(key, origin);
    }
    return origin;
  }

  #encode(text: string): number {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return this.#encoder.encodeInto(text, this.#scratch).written;
      this.#scratch[i] = code;
    }
    return text.length;
  }

  /** Takes what was just encoded into the arena. */
  #keep(length: number): void {
    if (this.#used + length > this.#arena.length) {
      const larger = new Uint8Array(Math.max(this.#arena.length * 2, this.#used + length));
      larger.set(this.#arena.subarray(0, this.#used));
      this.#arena = larger;
    }
    for (let i = 0; i < length; i++) this.#arena[this.#used + i] = this.#scratch[i]!;
    this.#used += length;
  }

  /** The slot of the text just encoded, or a free one for it; with `index`, of the entry itself. */
  #find(hash: number, kind: number, length: number, index = -1): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const at = this.#slots[slot]! - 1;
      if (at < 0) return slot;
      if (this.#hash[at] !== hash || this.#kind[at] !== kind || this.#textLength[at] !== length) continue;
      if (
        index < 0
          ? this.#isText(this.#at[at]!, length)
          : this.#equals(this.#at[at]!, this.#at[index]!, length)
      )
        return slot;
    }
  }

  #isText(at: number, length: number): boolean {
    for (let i = 0; i < length; i++) if (this.#arena[at + i] !== this.#scratch[i]) return false;
    return true;
  }

  #equals(a: number, b: number, length: number): boolean {
    for (let i = 0; i < length; i++) if (this.#arena[a + i] !== this.#arena[b + i]) return false;
    return true;
  }

  #grow(): void {
    const size = this.#hash.length * 2;
    const larger = <T extends Uint8Array | Uint16Array | Uint32Array | Float64Array>(column: T): T => {
      const copy = new (column.constructor as new (size: number) => T)(size);
      copy.set(column);
      return copy;
    };
    const chains = this.#slots;
    this.#hash = larger(this.#hash);
    this.#kind = larger(this.#kind);
    this.#origin = larger(this.#origin);
    this.#until = larger(this.#until);
    this.#at = larger(this.#at);
    this.#textLength = larger(this.#textLength);
    this.#descriptionLength = larger(this.#descriptionLength);
    this.#next = larger(this.#next);
    this.#slots = new Uint32Array(size * 2);
    const mask = this.#slots.length - 1;
    for (const chain of chains) {
      if (chain === 0) continue;
      let slot = this.#hash[chain - 1]! & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = chain;
    }
  }
}

/** FNV-1a with a last mix, so that its low bits depend on all. */
function hashOf(bytes: Uint8Array, length: number, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = 0; i < length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

const decoder = new TextDecoder();

function decode(bytes: Uint8Array): string {
  return bytes.length === 0 ? '' : decoder.decode(bytes);
}
