/**
 * Adds to every record of a flow who its two sides are (`ENRICHMENT_FIELDS`). Works on columns: what an address says is
 * found once per dictionary entry; only addresses that changed hands, and domain names, are looked up per row.
 *
 * `domain` of a side is the name that the other side, its client, got for it from DNS.
 */
import type { Batch, Column } from '../model/batch.ts';
import { enrichedSchema, SIDE_FIELD_NAMES, type SideField } from '../model/device.ts';
import { type Codes, codesOf, secondsOf, TextColumn } from './columns.ts';
import type { DnsNames } from './dns-names.ts';
import { tenureAt } from './mac-history.ts';
import type { AddressProfiles, Profile, Profiles, Traits } from './profiles.ts';

/** The batch with the columns of enrichment; streams without a flow come back as they are. */
export function enrichBatch(batch: Batch, profiles: Profiles, names: DnsNames): Batch {
  const schema = enrichedSchema(batch.schema);
  if (schema === batch.schema) return batch;
  const seconds = secondsOf(batch);
  const orig = codesOf(batch, 'id.orig_h');
  const resp = codesOf(batch, 'id.resp_h');
  return batch.extend(schema, [
    ...sideColumns(orig, resp, seconds, profiles, names),
    ...sideColumns(resp, orig, seconds, profiles, names),
  ]);
}

function sideColumns(
  side: Codes | undefined,
  peer: Codes | undefined,
  seconds: Float64Array,
  profiles: Profiles,
  names: DnsNames,
): (Column | null)[] {
  if (side === undefined) return SIDE_FIELD_NAMES.map(() => null);
  const rows = profileRows(side, seconds, profiles);
  const shared = traitRows(rows);
  const domains = peer === undefined ? NO_DOMAINS : domainColumns(side, peer, seconds, names);
  const columns: Readonly<Record<SideField, Column | null>> = {
    device: textColumn(rows, profile => profile.device),
    type: textColumn(shared, traits => traits.type),
    medical: boolColumn(shared, traits => traits.medical),
    criticality: textColumn(shared, traits => traits.criticality),
    vendor: textColumn(shared, traits => traits.vendor),
    zone: textColumn(shared, traits => traits.zone),
    zone_medical: boolColumn(shared, traits => traits.zoneMedical),
    known: boolColumn(shared, traits => traits.known),
    scope: textColumn(shared, traits => traits.scope),
    mac: textColumn(rows, profile => profile.mac),
    ...domains,
    // Filled in by whoever has indicators.
    intel: null,
  };
  return SIDE_FIELD_NAMES.map(name => columns[name]);
}

/** Things that rows of a batch have, and which of them each row has: 0 for none, else its number plus one. */
interface Numbered<T> {
  readonly numbers: Uint32Array;
  readonly things: readonly T[];
}

function profileRows({ codes, dict }: Codes, seconds: Float64Array, profiles: Profiles): Numbered<Profile> {
  const things: Profile[] = [];
  // Per address of the dictionary: the number of its first profile; the others follow it.
  const first = new Uint32Array(dict.length);
  const several = new Map<number, AddressProfiles>();
  for (const code of usedCodes(codes, dict.length)) {
    const found = profiles.of(dict[code]!);
    first[code] = things.length + 1;
    for (const profile of found.profiles) things.push(profile);
    if (found.profiles.length > 1) several.set(code, found);
  }
  const numbers = translated(codes, first);
  if (several.size === 0) return { numbers, things };
  for (let row = 0; row < codes.length; row++) {
    const changed = several.get(codes[row]!);
    if (changed !== undefined) numbers[row]! += tenureAt(changed.tenures, seconds[row]!);
  }
  return { numbers, things };
}

// Loops over all rows stand alone: what is done once per address would be compiled anew with each of them.

/** Codes that rows have, 0 left out, in the order of the rows. */
function usedCodes(codes: Uint32Array, size: number): Uint32Array {
  const used = new Uint8Array(size);
  const list = new Uint32Array(size);
  let count = 0;
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row]!;
    if (code === 0 || used[code] === 1) continue;
    used[code] = 1;
    list[count++] = code;
  }
  return list.subarray(0, count);
}

/** For each number what stands at its place in a table. */
function translated(numbers: Uint32Array, table: Uint32Array): Uint32Array {
  const result = new Uint32Array(numbers.length);
  for (let row = 0; row < numbers.length; row++) result[row] = table[numbers[row]!]!;
  return result;
}

/** The traits of the rows' profiles: fewer, since many addresses share theirs. */
function traitRows(profiles: Numbered<Profile>): Numbered<Traits> {
  const things: Traits[] = [];
  const numberOf = new Map<Traits, number>();
  const ofProfile = new Uint32Array(profiles.things.length + 1);
  for (const [i, { traits }] of profiles.things.entries()) {
    let number = numberOf.get(traits);
    if (number === undefined) {
      number = things.push(traits);
      numberOf.set(traits, number);
    }
    ofProfile[i + 1] = number;
  }
  return { numbers: translated(profiles.numbers, ofProfile), things };
}

function textColumn<T>(
  { numbers, things }: Numbered<T>,
  value: (thing: T) => string | undefined,
): Column | null {
  // Equal texts of two things get two codes, as a batch allows: looking them up would cost more.
  const dict = [''];
  const codeOf = new Uint32Array(things.length + 1);
  for (const [i, thing] of things.entries()) {
    const text = value(thing);
    if (text !== undefined) codeOf[i + 1] = dict.push(text) - 1;
  }
  if (dict.length === 1) return null;
  return { kind: 'dict', codes: translated(numbers, codeOf), dict };
}

function boolColumn<T>(
  { numbers, things }: Numbered<T>,
  value: (thing: T) => boolean | undefined,
): Column | null {
  const codes = new Uint8Array(things.length + 1);
  for (const [i, thing] of things.entries()) codes[i + 1] = boolCode(value(thing));
  if (codes.every(code => code === 0)) return null;
  const values = new Uint8Array(numbers.length);
  for (let row = 0; row < numbers.length; row++) values[row] = codes[numbers[row]!]!;
  return { kind: 'bool', values };
}

/** How a batch stores a truth value. */
function boolCode(value: boolean | undefined): number {
  return value === undefined ? 0 : value ? 2 : 1;
}

type DomainColumns = Pick<Record<SideField, Column | null>, 'domain' | 'domain_confidence'>;

const NO_DOMAINS: DomainColumns = { domain: null, domain_confidence: null };

function domainColumns(side: Codes, peer: Codes, seconds: Float64Array, names: DnsNames): DomainColumns {
  const named = Uint8Array.from(side.dict, address => (names.knows(address) ? 1 : 0));
  if (!named.includes(1)) return NO_DOMAINS;
  const domain = new TextColumn(seconds.length);
  const confidence = new TextColumn(seconds.length);
  for (let row = 0; row < seconds.length; row++) {
    const code = side.codes[row]!;
    if (named[code] === 0 || peer.codes[row] === 0) continue;
    const found = names.nameAt(peer.dict[peer.codes[row]!]!, side.dict[code]!, seconds[row]!);
    if (found === undefined) continue;
    domain.set(row, domain.code(found.name));
    confidence.set(row, confidence.code(found.trusted ? 'high' : 'low'));
  }
  return { domain: domain.column(), domain_confidence: confidence.column() };
}
