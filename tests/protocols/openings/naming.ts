/** Openings of the protocols in `protocols/naming/`. */
import { dnsMessage, overTcp } from '../naming/dns-bytes.ts';
import type { Sample } from './sample.ts';

const query = dnsMessage({ questions: [{ name: 'pacs.example', type: 1 }] });

export const NAMING: readonly Sample[] = [
  { owner: 'dns', what: 'a query', transport: 'udp', orig: query },
  { owner: 'dns', what: 'a query over TCP', orig: overTcp(query) },
];
