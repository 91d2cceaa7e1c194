/**
 * Whose equipment the objects name that a host stores by C-STORE (PS3.3 section C.7.5.1): its own, or that of others whose
 * objects it passes on. Decided over all records of a run, so their order makes no difference.
 *
 * - `others`: the host does what archives do, is called like one, or its objects are of several pieces of equipment;
 * - `own`: all are of one piece, and something that does not come from the objects agrees: its title or network name with
 *   the station's name or the kind of images, its network card with the maker, or it asks for work lists as equipment does;
 * - `perhaps`: all are of one piece and nothing agrees. An archive that forwards one study looks just the same.
 */
import type { Evidence } from '../model/device.ts';
import { TYPE_OF_CATEGORY } from './arguments.ts';
import { maker, plain } from './dicom-equipment.ts';
import { type DicomFacts, imageKinds, isArchive, isForwarder, type Ownership } from './dicom-role.ts';
import { nameWord } from './name-words.ts';
import { isArchiveTitle, productIn } from './products.ts';

/** Attributes that only objects give in DICOM; software also comes from associations. */
const ATTRIBUTES: ReadonlySet<string> = new Set(['vendor', 'model', 'serial', 'host_name']);
/** What a host calls itself or is called by those who know it; less is what a client believes. */
const NAMED_BY_KNOWING = 0.4;
/** Of equipment that is perhaps its own: less than any hint, and too little to name a maker or model by. */
const PERHAPS = 0.25;
/** Shorter names agree by chance. */
const MIN_AGREEING = 4;

/**
 * Whose equipment the objects of a host name.
 * @param evidence what was said of it, and what its network card says
 */
export function ownership(facts: DicomFacts, evidence: readonly Evidence[]): Ownership {
  if (isArchive(facts) || isForwarder(facts)) return 'others';
  const said = evidence.filter(item => item.behind !== true && !isOfEquipment(facts, item));
  if (said.some(isArchiveName)) return 'others';
  if (facts.roles.has('asks-worklist')) return 'own';
  return said.some(item => agrees(facts, item)) ? 'own' : 'perhaps';
}

/** Evidence of equipment as it counts for the host. */
export function asOwned(item: Evidence, facts: DicomFacts, whose: Ownership): Evidence {
  if (whose === 'own' || !isOfEquipment(facts, item)) return item;
  return whose === 'others'
    ? { ...item, behind: true }
    : { ...item, confidence: Math.min(item.confidence, PERHAPS) };
}

function isOfEquipment(facts: DicomFacts, { source, attribute, value }: Evidence): boolean {
  if (source !== 'dicom') return false;
  return (
    ATTRIBUTES.has(attribute) ||
    (attribute === 'software' && facts.equipment.values('software_versions').has(value))
  );
}

function isArchiveName({ attribute, value, source }: Evidence): boolean {
  if (attribute === 'ae_title' && isArchiveTitle(value)) return true;
  if (attribute === 'software' && source === 'dicom') return productIn(value)?.type === 'pacs';
  if (!NAMES.has(attribute)) return false;
  const type = nameWord(value)?.type ?? productIn(value)?.type;
  return type === 'pacs' || type === 'gateway';
}

const NAMES: ReadonlySet<string> = new Set(['ae_title', 'host_name', 'name']);

function agrees(facts: DicomFacts, { attribute, value, source, confidence }: Evidence): boolean {
  const { equipment, modalities } = facts;
  const kinds = imageKinds(modalities);
  if (source === 'oui') {
    if (attribute === 'vendor') return Array.from(equipment.values('manufacturer'), maker).includes(value);
    if (attribute !== 'category') return false;
    const types = value.split('/').map(part => TYPE_OF_CATEGORY.get(part) ?? '');
    return types.some(type => type === 'imaging' || kinds.includes(type));
  }
  if (!NAMES.has(attribute) || confidence < NAMED_BY_KNOWING) return false;
  const type = nameWord(value)?.type;
  if (type !== undefined && kinds.includes(type)) return true;
  const label = /^[\w-]+(?:\.[\w-]+)+$/.test(value) ? value.slice(0, value.indexOf('.')) : value;
  const stations = [...equipment.values('station_name'), ...equipment.values('station_ae')];
  return stations.some(station => sameName(plain(station), plain(label)));
}

function sameName(a: string, b: string): boolean {
  if (a === b) return a !== '';
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return short.length >= MIN_AGREEING && long.includes(short);
}
