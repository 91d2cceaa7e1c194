/**
 * FHIR documents in any carrier: JSON, XML, and resources one to a line (NDJSON), as exports in bulk deliver them. Recognised
 * by `resourceType` in a JSON object, by the namespace in XML.
 *
 * What is found belongs to the `fhir` record: the carrier's where it makes one (HTTP), else one per document. Limits:
 * `MAX_DOCUMENT` bytes are read, of a string `MAX_VALUE`; those of `document.ts`, `json-events.ts` and `xml-events.ts`.
 */
import { indexOf } from '../../../bytes/read.ts';
import { latin1 } from '../../../bytes/text.ts';
import { type FlowContext, ORIG, type Verdict } from '../../../model/protocol.ts';
import { JsonEvents } from '../../json-events.ts';
import { XmlEvents, type XmlHandler } from '../../xml-events.ts';
import type { Carrier, Payload, PayloadReader } from '../payload.ts';
import { firstMark, probeRoot, type RootElement, Utf16Input } from '../text-start.ts';
import { FhirDocument } from './document.ts';
import { reportFhirExchange } from './exchange.ts';
import { fhirStream } from './schema.ts';
import { RESOURCE_TYPES } from './types.ts';

/** Bytes read of one document; the rest is passed over. */
const MAX_DOCUMENT = 32 * 1024 * 1024;
const MAX_VALUE = 256;

const BRACE = 0x7b;
const BRACKET = 0x5b;
const LESS = 0x3c;

/** A name of a resource type as the first or a later member. */
const IN_JSON = /"resourceType"\s*:\s*"([A-Z][A-Za-z]{1,63})"/;
const NAMESPACE = /["']http:\/\/hl7\.org\/fhir["']/;

function probe(head: Uint8Array, carrier: Carrier, whole: boolean): Verdict {
  const { at, byte, wide } = firstMark(head);
  if (byte === LESS) return probeRoot(head, whole, isFhirRoot);
  if (byte === undefined) return whole ? 'no' : 'unsure';
  if (byte !== BRACE && byte !== BRACKET) return 'no';
  const text = latin1(head, at);
  const type = IN_JSON.exec(wide === undefined ? text : text.replaceAll('\0', ''))?.[1];
  if (type !== undefined) return RESOURCE_TYPES.has(type) ? 'match' : 'no';
  if (!whole) return 'unsure';
  // The type may stand behind much else; then the carrier must say what this is.
  return /^application\/(?:fhir|json\+fhir)/.test(carrier.contentType ?? '') ? 'match' : 'no';
}

/** Undefined while the tag goes on: the namespace may follow. */
function isFhirRoot({ name, tag, text }: RootElement): boolean | undefined {
  if (!RESOURCE_TYPES.has(name)) return false;
  if (NAMESPACE.test(tag)) return true;
  return tag.length < text.length ? false : undefined;
}

class FhirReader implements PayloadReader {
  readonly #flow: FlowContext;
  readonly #carrier: Carrier;
  readonly #document = new FhirDocument();
  readonly #ts: FlowContext['now'];
  readonly #frame: number;
  #input: Utf16Input | undefined;
  #scanner: JsonEvents | XmlEvents | undefined;
  #seen = 0;
  #lost = false;

  constructor(flow: FlowContext, carrier: Carrier) {
    this.#flow = flow;
    this.#carrier = carrier;
    this.#ts = flow.now;
    this.#frame = flow.frame;
  }

  get wanted(): number {
    return this.#lost ? 0 : MAX_DOCUMENT - this.#seen;
  }

  feed(bytes: Uint8Array, from: number, to: number): void {
    if (this.#lost) return;
    this.#scanner ??= this.#begin(bytes, from, to);
    const end = Math.min(to, from + MAX_DOCUMENT - this.#seen);
    this.#seen += end - from;
    if (end < to) {
      this.#lost = true;
      this.#flow.weird('fhir_document_limit');
    }
    const input = this.#input;
    if (input === undefined) this.#scanner.feed(bytes, from, end);
    else {
      const text = input.take(bytes, from, end);
      this.#scanner.feed(text, 0, text.length);
    }
  }

  miss(): void {
    // What stands behind a hole could be anything's.
    this.#lost = true;
  }

  end(): void {
    const document = this.#document;
    if (this.#scanner instanceof JsonEvents) this.#scanner.end();
    document.end();
    const { items, facts } = document;
    const { collect, side } = this.#carrier;
    if (document.overflow) this.#flow.weird('fhir_identifier_limit');
    if (collect !== undefined) collect(facts);
    else this.#emit();
    if (items.length > 0) this.#flow.phi({ protocol: 'fhir', carrier: facts.type ?? 'unknown', items });
    if (document.software !== undefined && document.software !== '')
      this.#flow.software({ side, type: 'FHIR::SERVER', text: document.software });
    for (const device of document.devices) {
      for (const attribute of ['vendor', 'model', 'serial', 'software', 'udi'] as const) {
        const value = device[attribute];
        if (value !== undefined && value.trim() !== '')
          this.#flow.identity({ side, attribute, value: value.trim(), behind: true, confidence: 0.6 });
      }
    }
  }

  #emit(): void {
    const { type, types, resources, format, bundleType, total, issues, fhirVersion, pidKinds } =
      this.#document.facts;
    this.#flow.emit(fhirStream, {
      ts: this.#ts,
      frame: this.#frame,
      is_orig: this.#carrier.side === ORIG,
      resource_type: type,
      format,
      bundle_type: bundleType,
      total,
      fhir_version: fhirVersion,
      bulk: format === 'ndjson',
      response_types: types.size === 0 ? undefined : [...types].sort(),
      resources,
      issues: issues.size === 0 ? undefined : [...issues].sort(),
      pid_kinds: pidKinds.length === 0 ? undefined : pidKinds,
    });
  }

  #begin(bytes: Uint8Array, from: number, to: number): JsonEvents | XmlEvents {
    const document = this.#document;
    const { byte, wide } = firstMark(bytes.subarray(from, to));
    if (wide !== undefined) this.#input = new Utf16Input(wide);
    if (byte === LESS) {
      document.format = 'xml';
      return new XmlEvents(new FhirXml(document));
    }
    const isLines = isNdjson(this.#carrier.contentType ?? '') || holdsLines(bytes, from, to);
    if (isLines) document.format = 'ndjson';
    return new JsonEvents(document, MAX_VALUE);
  }
}

function isNdjson(contentType: string): boolean {
  return /^application\/(?:fhir\+ndjson|ndjson|x-ndjson)$/.test(contentType);
}

/** Whether a whole object stands on the first line and another begins on the next. */
function holdsLines(bytes: Uint8Array, from: number, to: number): boolean {
  const end = indexOf(bytes, 0x0a, from, to);
  return end > from && bytes[from] === BRACE && bytes[end - 1] === 0x7d && bytes[end + 1] === BRACE;
}

/** XML as the same events: values are attributes, resources stand in elements of their type. */
class FhirXml implements XmlHandler {
  readonly #document: FhirDocument;
  /** Elements that are open and were not reported: types of resources, and what is in narrative. */
  readonly #silent: boolean[] = [];
  readonly #names: string[] = [];
  #narrative = 0;

  constructor(document: FhirDocument) {
    this.#document = document;
  }

  enter(name: string, attribute: (name: string) => string | undefined): void {
    const parent = this.#names.at(-1) ?? '';
    this.#names.push(name);
    if (this.#narrative > 0 || name === 'div') {
      this.#narrative++;
      this.#silent.push(true);
      return;
    }
    const isRoot = this.#names.length === 1;
    const isResource = isRoot || parent === 'resource' || parent === 'contained' || parent === 'outcome';
    this.#silent.push(isResource && !isRoot);
    if (isResource) {
      if (isRoot) this.#document.enter('');
      this.#document.value('resourceType', name);
      return;
    }
    const value = attribute('value');
    if (value !== undefined) this.#document.value(name, value.slice(0, MAX_VALUE));
    this.#document.enter(name);
  }

  leave(): void {
    this.#names.pop();
    if (this.#narrative > 0) this.#narrative--;
    if (this.#silent.pop() === false) this.#document.leave();
  }
}

/** FHIR in any carrier. */
export const fhirPayload: Payload = {
  name: 'fhir',
  streams: [fhirStream],
  probe,
  open: (flow, carrier) => new FhirReader(flow, carrier),
  exchange: reportFhirExchange,
};
