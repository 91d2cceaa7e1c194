/**
 * Every medical format that is recognised inside other protocols, one line each, and the ways carriers ask for them.
 * Order matters little: no format takes the beginning of another.
 */
import type { FlowContext } from '../../model/protocol.ts';
import type { StreamSchema } from '../../model/schema.ts';
import { atnaPayload } from './atna/payload.ts';
import { cdaPayload } from './cda/payload.ts';
import { dicomJsonPayload } from './dicom/json.ts';
import { dicomPayload } from './dicom/part10.ts';
import { fhirPayload } from './fhir/payload.ts';
import { hl7Payload } from './hl7/payload.ts';
import { wctpPayload } from './paging/wctp.ts';
import { type Carrier, findPayload, type HttpExchange, type Payload, PayloadSearch } from './payload.ts';
import { sdcPayload } from './sdc/soap.ts';
import { upnpDescription } from './upnp-description.ts';

const PAYLOADS: readonly Payload[] = [
  hl7Payload,
  dicomPayload,
  dicomJsonPayload,
  fhirPayload,
  cdaPayload,
  sdcPayload,
  atnaPayload,
  wctpPayload,
  upnpDescription,
];

/** Streams that any carrier of medical documents may emit. */
export const payloadStreams: readonly StreamSchema[] = PAYLOADS.flatMap(payload => payload.streams);

/** Looks for a medical format in content that arrives in pieces. */
export function searchPayload(flow: FlowContext, carrier: Carrier): PayloadSearch {
  return new PayloadSearch(flow, carrier, PAYLOADS);
}

/**
 * Reads the medical document in a message at hand, `bytes[from, to)`; `complete` when that is all of the message. Answers
 * the name of its format, undefined when it is none.
 */
export function readPayload(
  flow: FlowContext,
  carrier: Carrier,
  bytes: Uint8Array,
  from: number,
  to: number,
  complete = true,
): string | undefined {
  return findPayload(PAYLOADS, flow, carrier, bytes, from, to, complete);
}

/** An HTTP exchange is over: formats whose own it is make their records. */
export function reportExchange(flow: FlowContext, exchange: HttpExchange): void {
  for (const payload of PAYLOADS) payload.exchange?.(flow, exchange);
}
