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
import type { AddressProfiles, Profile, Profiles } from './profiles.ts';

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
  const domains = peer === undefined ? NO_DOMAINS : domainColumns(side, peer, seconds, names);
  const columns: Readonly<Record<SideField, Column | null>> = {
    device: textColumn(rows, profile => profile.device),
    type: textColumn(rows, profile => profile.type),
    medical: boolColumn(rows, profile => profile.medical),
    criticality: textColumn(rows, profile => profile.criticality),
    vendor: textColumn(rows, profile => profile.vendor),
    zone: textColumn(rows, profile => profile.zone),
    zone_medical: boolColumn(rows, profile => profile.zoneMedical),
    known: boolColumn(rows, profile => profile.known),
    scope: textColumn(rows, profile => profile.scope),
    mac: textColumn(rows, profile => profile.mac),
    ...domains,
  };
  return SIDE_FIELD_NAMES.map(name => columns[name]);
}

/** Distinct profiles of a batch, and which of them each row has: 0 for none, else its number plus one. */
interface ProfileRows {
  readonly numbers: Uint32Array;
  readonly distinct: readonly Profile[];
}

function profileRows({ codes, dict }: Codes, seconds: Float64Array, profiles: Profiles): ProfileRows {
  const numbers = new Uint32Array(codes.length);
  const distinct: Profile[] = [];
  const numberOf = new Map<Profile, number>();
  const number = (profile: Profile): number => {
    const known = numberOf.get(profile);
    if (known !== undefined) return known;
    const next = distinct.push(profile);
    numberOf.set(profile, next);
    return next;
  };
  // Per address of the dictionary: the number of its only profile, or what is known of it when it has several.
  const fixed = new Uint32Array(dict.length);
  const several = new Map<number, AddressProfiles>();
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row]!;
    if (code === 0) continue;
    if (fixed[code] === 0) {
      const found = several.get(code) ?? profiles.of(dict[code]!);
      if (found.profiles.length > 1) {
        several.set(code, found);
        numbers[row] = number(found.profiles[tenureAt(found.tenures, seconds[row]!)]!);
        continue;
      }
      fixed[code] = number(found.profiles[0]!);
    }
    numbers[row] = fixed[code]!;
  }
  return { numbers, distinct };
}

function textColumn(
  { numbers, distinct }: ProfileRows,
  value: (profile: Profile) => string | undefined,
): Column | null {
  const column = new TextColumn(numbers.length);
  const codes = Uint32Array.of(0, ...distinct.map(profile => column.code(value(profile))));
  for (let row = 0; row < numbers.length; row++) column.set(row, codes[numbers[row]!]!);
  return column.column();
}

function boolColumn(
  { numbers, distinct }: ProfileRows,
  value: (profile: Profile) => boolean | undefined,
): Column | null {
  const codes = Uint8Array.of(0, ...distinct.map(profile => boolCode(value(profile))));
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
