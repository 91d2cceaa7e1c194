/**
 * MISP events as JSON: one event, a list of them, or what the search of a server returns. Attributes of the event and of its objects;
 * those that are not meant for detection (`to_ids` false) or deleted are left out. The event's organisation is the source, and
 * its title the description where an attribute has no comment. Confidence is that of the taxonomy `misp:confidence-level`.
 */
import type { Intake } from './intake.ts';

/** Numbers that the taxonomy `misp` gives its confidence levels. */
const CONFIDENCE: Readonly<Record<string, number>> = {
  'completely-confident': 100,
  'usually-confident': 75,
  'fairly-confident': 50,
  'rarely-confident': 25,
  unconfident: 0,
};

type Json = Readonly<Record<string, unknown>>;

/** Takes in events. Returns whether it was some. */
export function readMisp(document: unknown, intake: Intake): boolean {
  const events = eventsOf(document);
  for (const event of events) readEvent(event, intake);
  return events.length > 0;
}

function eventsOf(document: unknown): readonly Json[] {
  if (Array.isArray(document)) return document.flatMap(eventsOf);
  if (!isObject(document)) return [];
  if (isObject(document['Event'])) return [document['Event']];
  return Array.isArray(document['response']) ? document['response'].flatMap(eventsOf) : [];
}

function readEvent(event: Json, intake: Intake): void {
  const organisation = isObject(event['Orgc']) ? event['Orgc'] : event['Org'];
  const source = isObject(organisation) ? textOf(organisation['name']) : undefined;
  const tags = tagsOf(event);
  const attributes = [event, ...listOf(event['Object'])].flatMap(each => listOf(each['Attribute']));
  for (const attribute of attributes) {
    const value = textOf(attribute['value']) ?? '';
    if (attribute['to_ids'] === false || attribute['deleted'] === true) {
      intake.skip(attribute['deleted'] === true ? 'deleted' : 'not meant for detection', value);
      continue;
    }
    const all = [...tagsOf(attribute), ...tags];
    intake.add({
      value,
      type: textOf(attribute['type']),
      source,
      confidence: confidenceOf(all),
      description: textOf(attribute['comment']) || textOf(event['info']),
      tags: all.filter(tag => !tag.startsWith('misp:')),
    });
  }
}

function confidenceOf(tags: readonly string[]): number | undefined {
  for (const tag of tags) {
    const level = /^misp:confidence-level="([a-z-]+)"$/.exec(tag)?.[1];
    if (level !== undefined && Object.hasOwn(CONFIDENCE, level)) return CONFIDENCE[level];
  }
  return undefined;
}

function tagsOf(holder: Json): readonly string[] {
  return listOf(holder['Tag']).flatMap(tag => textOf(tag['name']) ?? []);
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
