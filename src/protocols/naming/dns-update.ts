/**
 * Dynamic updates (RFC 2136): what must hold and what shall change, as the texts Zeek writes into `answers`
 * (`pre: NoRRSet CNAME pc.example`, `del: RRSet A`, `add: A pc.example 10.0.0.9`). The sections of the message are the
 * zone, prerequisites and updates; the class of a record says what is meant (sections 2.4 and 2.5).
 *
 * Limit: `MAX_ANSWERS` records.
 */
import { answerText, MAX_ANSWERS } from './dns-answers.ts';
import { typeName } from './dns-codes.ts';
import { type Cursor, type Header, type ResourceRecord, readRecord } from './dns-message.ts';

const CLASS_NONE = 254;
const CLASS_ANY = 255;
const TYPE_ANY = 255;

/** What one update asks for. */
export interface Update {
  /** Name of the last record. */
  name: string | undefined;
  readonly texts: string[];
  /** Seconds, one for each text. */
  readonly ttls: number[];
  /** There were more records than are kept. */
  cut: boolean;
}

/** Reads prerequisites and updates behind the zone; what could be read before `c.problem` is kept. */
export function readUpdate(c: Cursor, header: Header): Update {
  const update: Update = { name: undefined, texts: [], ttls: [], cut: false };
  const total = header.answers + header.authorities;
  for (let i = 0; i < total; i++) {
    if (i === MAX_ANSWERS) {
      update.cut = true;
      break;
    }
    const record = readRecord(c);
    if (record === undefined) break;
    const data = record.end > c.at ? answerText(c, record.type, record.name, record.end) : undefined;
    if (c.problem !== undefined) break;
    c.at = record.end;
    update.name = record.name;
    update.texts.push(i < header.answers ? prerequisite(record, data) : change(record, data));
    update.ttls.push(record.ttl);
  }
  return update;
}

function prerequisite(record: ResourceRecord, data: string | undefined): string {
  const { name, type } = record;
  const not = record.class === CLASS_NONE ? 'No' : '';
  if (type === TYPE_ANY) return `pre: ${not}Name ${name}`;
  return withData(`pre: ${not}RRSet ${typeName(type, false)} ${name}`, data);
}

function change(record: ResourceRecord, data: string | undefined): string {
  const { name, type } = record;
  if (record.class === CLASS_ANY)
    return type === TYPE_ANY ? `del: Name ${name}` : `del: RRSet ${typeName(type, false)}`;
  return withData(`${record.class === CLASS_NONE ? 'del' : 'add'}: ${typeName(type, false)} ${name}`, data);
}

function withData(text: string, data: string | undefined): string {
  return data === undefined ? text : `${text} ${data}`;
}
