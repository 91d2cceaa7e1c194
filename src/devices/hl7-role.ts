/**
 * What a host does in HL7 version 2 messaging (chapter 2), and what that makes of it. Who takes messages and acknowledges
 * them is most often an interface engine; who only sends admissions or orders is a record system, which is a hint. Who
 * sends results may be an analyzer, a monitor's gateway or a system that passes them on: a role, not a type.
 */
import type { Evidence } from '../model/device.ts';
import type { Place } from './dicom-role.ts';

/** Message codes that a record system originates: admissions, schedules, orders (chapters 3, 4, 10). */
const RECORD_SYSTEM = new Set(['ADT', 'SIU', 'ORM', 'OMG', 'OML', 'OMP', 'RDE']);

/** What a host did and said in HL7. */
export class Hl7Facts {
  /** Message codes sent, acknowledgements left out. */
  readonly sent = new Set<string>();
  /** Message codes received. */
  readonly received = new Set<string>();
  acknowledges = false;
  /** Where it did something first. */
  first: Place | undefined;
}

/** A message code as the standard writes it; anything else from the wire is passed over. */
export function messageCode(text: string | undefined): string | undefined {
  return text !== undefined && /^[A-Z][A-Z0-9]{2}$/.test(text) ? text : undefined;
}

/** What the facts are evidence of. */
export function hl7Evidence(facts: Hl7Facts): Evidence[] {
  const evidence: Evidence[] = [];
  const add = (attribute: string, value: string, confidence: number) =>
    evidence.push({ attribute, value, source: 'hl7', confidence, ...facts.first });
  if (facts.received.size > 0 && facts.acknowledges) {
    // One that passes messages on is an engine; one that only takes them could also be a record system.
    add('type', 'interface-engine', facts.sent.size > 0 ? 0.6 : 0.5);
  } else if ([...facts.sent].some(code => RECORD_SYSTEM.has(code))) add('type', 'ehr', 0.4);
  for (const code of facts.sent) add('role', `hl7 sends ${code}`, 0.9);
  for (const code of facts.received) add('role', `hl7 receives ${code}`, 0.9);
  return evidence;
}
