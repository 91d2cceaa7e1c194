/** Openings of the protocols in `protocols/naming/`. */
import { fromHex } from '../../support/fake-flow.ts';
import { dhcpMessage, v6Message } from '../naming/dhcp-bytes.ts';
import { dnsMessage, overTcp } from '../naming/dns-bytes.ts';
import { ntpMessage } from '../naming/ntp-bytes.ts';
import { wsMessage } from '../naming/ws-discovery-text.ts';
import type { Sample } from './sample.ts';

const query = dnsMessage({ questions: [{ name: 'pacs.example', type: 1 }] });

export const NAMING: readonly Sample[] = [
  { owner: 'dns', what: 'a query', transport: 'udp', orig: query },
  { owner: 'dns', what: 'a query over TCP', orig: overTcp(query) },
  { owner: 'dhcp', what: 'a discovery', transport: 'udp', orig: dhcpMessage() },
  {
    owner: 'ntp',
    what: 'a request',
    transport: 'udp',
    orig: ntpMessage({ mode: 3, transmit: fromHex('ee1e4f10 80000000') }),
  },
  {
    owner: 'ssdp',
    what: 'a search',
    transport: 'udp',
    orig: 'M-SEARCH * HTTP/1.1\r\nHost: 239.255.255.250:1900\r\n\r\n',
  },
  { owner: 'ws_discovery', what: 'a search', transport: 'udp', orig: wsMessage('Probe', 'urn:uuid:1', '') },
  {
    owner: 'dhcpv6',
    what: 'a solicitation',
    transport: 'udp',
    orig: v6Message(1, [[1, fromHex('0001 0001 1db8e6fb 020000000009')]]),
  },
];
