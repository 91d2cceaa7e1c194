/**
 * What indicators (`intel/`, docs/indicators.md) put into records: the stream `intel`, as Zeek's intelligence framework has
 * it, and the names of types. Where nothing in Zeek is meant, names are made the same way: JA3, JA4, AE_TITLE.
 */
import { f, flowStream } from './schema.ts';

/** Kinds of indicators, and Zeek's names for them. */
export const INTEL_TYPES = {
  addr: 'Intel::ADDR',
  subnet: 'Intel::SUBNET',
  domain: 'Intel::DOMAIN',
  url: 'Intel::URL',
  file_hash: 'Intel::FILE_HASH',
  cert_hash: 'Intel::CERT_HASH',
  software: 'Intel::SOFTWARE',
  email: 'Intel::EMAIL',
  ja3: 'Intel::JA3',
  ja4: 'Intel::JA4',
  ae_title: 'Intel::AE_TITLE',
} as const;
export type IntelKind = keyof typeof INTEL_TYPES;
export const INTEL_KINDS = Object.keys(INTEL_TYPES) as readonly IntelKind[];

/** The STIX 2.1 scale of confidence (appendix A, "None / Low / Med / High"). */
export const CONFIDENCE_LEVELS = ['none', 'low', 'medium', 'high'] as const;
export type ConfidenceLevel = (typeof CONFIDENCE_LEVELS)[number];

/** Word of a confidence from 0 to 100. */
export function confidenceLevel(confidence: number): ConfidenceLevel {
  if (confidence <= 0) return 'none';
  if (confidence < 30) return 'low';
  return confidence < 70 ? 'medium' : 'high';
}

/** Zeek's `intel.log` (base/frameworks/intel), with what the source says of the indicator. */
export const intel = flowStream(
  'intel',
  'Something that an indicator of --intel names, once per flow, place and value.',
  {
    'seen.indicator': f.string('What was seen.', 'text'),
    'seen.indicator_type': f.enum('Its type in Zeek’s words: Intel::ADDR, Intel::DOMAIN, Intel::URL …'),
    'seen.where': f.enum(
      'Where: Conn::IN_RESP, DNS::IN_REQUEST, HTTP::IN_HOST_HEADER, SSL::IN_SERVER_NAME …',
    ),
    matched: f.stringSet('Types of the indicators that matched; a range is Intel::SUBNET.'),
    sources: f.stringSet('Who says so: the source in the file, else the file.'),
    indicator: f.string('The indicator that matched, most specific first.', 'text'),
    confidence: f.count('How sure the sources are, 0 to 100; the highest. Absent when none says.'),
    confidence_level: f.enum('none, low, medium or high (STIX 2.1).'),
    description: f.string('What the source says of it.', 'text'),
    tags: f.stringSet('Tags of the indicators.'),
  },
);
