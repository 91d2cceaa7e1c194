/**
 * What the records of a run say about who a host is, as a table: per stream a function from a record to clues. Looked at
 * where all records pass, like the tools of remote support, so that a decoder need not know of it; what no record holds a
 * decoder says itself (`FlowContext.identity`). Both become `device` records.
 *
 * Confidence: 0.9 an identification that a standard defines; 0.6 what a host says of itself; 0.4 what others call it, and
 * names that people typed; 0.3 what a client believes it has reached. Types are not judged here: `classify.ts` does.
 *
 * Not read: names in answers of LLMNR and NetBIOS for other hosts, which anybody on the link can give (poisoning).
 */
import { type IdentityAttribute, SAID } from '../model/device.ts';
import { isAddressText } from '../net/address.ts';
import { medicalCloud } from './medical-clouds.ts';
import { knownVendor } from './vendor-words.ts';

/** A record on its way into the store. */
export type RecordFields = Readonly<Record<string, unknown>>;

/** One thing a record says about a host. */
export interface RecordClue {
  /** The side of the flow it is about; without one it is about `host` or `mac`. */
  readonly side?: 'orig' | 'resp';
  readonly host?: string | undefined;
  readonly mac?: string | undefined;
  readonly attribute: IdentityAttribute;
  readonly value: string | undefined;
  readonly confidence?: number;
  readonly behind?: boolean;
}

/** What records that say nothing have: told by being this. */
export const NO_CLUES: readonly RecordClue[] = [];

const CALLED = 0.4;
const BELIEVED = 0.3;
const STANDARD = 0.9;
const RESULTS = 0.5;

const text = (record: RecordFields, field: string): string | undefined => {
  const value = record[field];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

const texts = (record: RecordFields, field: string): readonly string[] => {
  const value = record[field];
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : [];
};

const side = (isOrig: boolean): 'orig' | 'resp' => (isOrig ? 'orig' : 'resp');

/** A host name, unless it is an address or empty. */
function nameOnly(name: string | undefined): string | undefined {
  const bare = name?.replace(/:\d+$/, '').replace(/\.$/, '');
  return bare === undefined || bare === '' || isAddressText(bare.replace(/^\[|\]$/g, '')) ? undefined : bare;
}

/** `40.30.20.10.in-addr.arpa` → `10.20.30.40`. */
function reversed(query: string): string | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa\.?$/i.exec(query);
  return match ? `${match[4]}.${match[3]}.${match[2]}.${match[1]}` : undefined;
}

/** A name that the originator asked for or asked at. */
function contacted(name: string | undefined, confidence: number): readonly RecordClue[] {
  const match = name === undefined ? undefined : medicalCloud(name);
  if (match === undefined) return NO_CLUES;
  return [
    { side: 'orig', attribute: 'cloud', value: name, confidence: match.service ? confidence : BELIEVED },
  ];
}

const UNICAST_DNS = 53;

function dns(record: RecordFields, respPort: unknown): readonly RecordClue[] {
  if (respPort !== UNICAST_DNS || record['rcode_name'] !== 'NOERROR') return NO_CLUES;
  const query = text(record, 'query');
  if (query === undefined) return NO_CLUES;
  const type = record['qtype_name'];
  const cloud = contacted(query, CALLED);
  if (type !== 'PTR' && type !== 'A' && type !== 'AAAA') return cloud;
  const answers = texts(record, 'answers');
  const clues = [...cloud];
  if (type === 'PTR') {
    const host = reversed(query);
    if (host !== undefined)
      clues.push({ host, attribute: 'host_name', value: nameOnly(answers[0]), confidence: CALLED });
    return clues;
  }
  // Of a chain of aliases the last name is the host's own.
  let name: string | undefined = query;
  for (const answer of answers) {
    if (!isAddressText(answer)) name = nameOnly(answer);
    else clues.push({ host: answer, attribute: 'host_name', value: nameOnly(name), confidence: CALLED });
  }
  return clues;
}

function* dhcp(record: RecordFields): Generator<RecordClue> {
  const host = text(record, 'assigned_addr') ?? text(record, 'client_addr');
  const who = { host: host === '0.0.0.0' ? undefined : host, mac: text(record, 'mac') };
  yield { ...who, attribute: 'host_name', value: text(record, 'host_name') };
  yield { ...who, attribute: 'host_name', value: nameOnly(text(record, 'client_fqdn')) };
  yield { ...who, attribute: 'vendor_class', value: text(record, 'vendor_class') };
  yield { ...who, attribute: 'mud_url', value: text(record, 'mud_url'), confidence: STANDARD };
}

function* dhcpv6(record: RecordFields): Generator<RecordClue> {
  const who = {
    host: texts(record, 'assigned_addrs')[0] ?? text(record, 'client_addr'),
    mac: text(record, 'mac'),
  };
  yield { ...who, attribute: 'host_name', value: nameOnly(text(record, 'client_fqdn')) };
  yield { ...who, attribute: 'vendor_class', value: text(record, 'vendor_class') };
  yield { ...who, attribute: 'mud_url', value: text(record, 'mud_url'), confidence: STANDARD };
}

function* neighbour(record: RecordFields): Generator<RecordClue> {
  const who = { host: texts(record, 'management_addrs').find(isAddressText), mac: text(record, 'eth_src') };
  yield { ...who, attribute: 'name', value: text(record, 'system_name') };
  yield { ...who, attribute: 'vendor', value: text(record, 'manufacturer'), confidence: STANDARD };
  yield { ...who, attribute: 'model', value: text(record, 'platform'), confidence: STANDARD };
  yield { ...who, attribute: 'serial', value: text(record, 'serial'), confidence: STANDARD };
  yield { ...who, attribute: 'hardware', value: text(record, 'hardware_version') };
  for (const field of ['system_description', 'software_version', 'firmware_version'])
    yield { ...who, attribute: 'software', value: text(record, field) };
  for (const value of texts(record, 'capabilities')) yield { ...who, attribute: 'capability', value };
}

function* icmp6Nd(record: RecordFields): Generator<RecordClue> {
  if (record['type'] !== 'router_advertisement') return;
  const who = { host: text(record, 'src'), mac: text(record, 'link_addr') ?? text(record, 'eth_src') };
  yield { ...who, attribute: 'capability', value: 'router', confidence: STANDARD };
}

function http(record: RecordFields): readonly RecordClue[] {
  const host = text(record, 'host');
  const cloud = contacted(host, SAID);
  // A proxy is asked for the names of others.
  if (host === undefined || record['method'] === 'CONNECT') return cloud;
  if (/^[a-z]+:\/\//i.test(text(record, 'uri') ?? '')) return cloud;
  return [...cloud, { side: 'resp', attribute: 'host_name', value: nameOnly(host), confidence: BELIEVED }];
}

function* serverName(record: RecordFields): Generator<RecordClue> {
  yield* contacted(text(record, 'server_name'), SAID);
  yield {
    side: 'resp',
    attribute: 'host_name',
    value: nameOnly(text(record, 'server_name')),
    confidence: BELIEVED,
  };
}

/** One part of a distinguished name as records show it. */
function namePart(name: string, part: string): string | undefined {
  const match = new RegExp(`(?:^|,)${part}=((?:\\\\.|[^,\\\\]){1,200})`).exec(name);
  return match?.[1]?.replace(/\\(.)/g, '$1');
}

function* x509(record: RecordFields): Generator<RecordClue> {
  if (record['host_cert'] !== true) return;
  const subject = text(record, 'certificate.subject') ?? '';
  const who = { side: side(record['client_cert'] === true) };
  const common = namePart(subject, 'CN');
  const isName = common !== undefined && /^[\w-]+(?:\.[\w-]+)*$/.test(common) && !isAddressText(common);
  if (common !== undefined && !isAddressText(common) && !common.includes('*'))
    yield { ...who, attribute: isName ? 'host_name' : 'name', value: common, confidence: CALLED };
  // The organisation is mostly the owner; it is the maker's only where it is one.
  const organisation = namePart(subject, 'O');
  if (organisation !== undefined && knownVendor(organisation) !== undefined)
    yield { ...who, attribute: 'vendor', value: organisation, confidence: CALLED };
}

function* ntlm(record: RecordFields): Generator<RecordClue> {
  yield { side: 'orig', attribute: 'host_name', value: nameOnly(text(record, 'hostname')) };
  const server = text(record, 'server_dns_computer_name') ?? text(record, 'server_nb_computer_name');
  yield { side: 'resp', attribute: 'host_name', value: nameOnly(server) };
}

function* smbSession(record: RecordFields): Generator<RecordClue> {
  yield { side: 'orig', attribute: 'host_name', value: nameOnly(text(record, 'client_name')) };
}

function* rdp(record: RecordFields): Generator<RecordClue> {
  yield { side: 'orig', attribute: 'host_name', value: nameOnly(text(record, 'client_name')) };
}

function* rpc(record: RecordFields): Generator<RecordClue> {
  yield { side: 'orig', attribute: 'host_name', value: nameOnly(text(record, 'machine')) };
}

function* rfb(record: RecordFields): Generator<RecordClue> {
  yield { side: 'resp', attribute: 'name', value: text(record, 'desktop_name') };
}

function* mqtt(record: RecordFields): Generator<RecordClue> {
  yield { side: 'orig', attribute: 'name', value: text(record, 'client_id'), confidence: CALLED };
}

/** What the decoder does not say itself: the software of both sides. */
function dicom(record: RecordFields): Iterable<RecordClue> {
  return record['event'] === 'associate' ? dicomAssociation(record) : NO_CLUES;
}

function* dicomAssociation(record: RecordFields): Generator<RecordClue> {
  const asking = record['is_orig'] !== false;
  yield { side: side(asking), attribute: 'software', value: text(record, 'implementation_version') };
  yield {
    side: side(!asking),
    attribute: 'software',
    value: text(record, 'acceptor_implementation_version'),
  };
}

/** Who sends results measures, or passes on what others measured. */
function* lis(record: RecordFields): Generator<RecordClue> {
  if (record['content'] !== 'results') return;
  yield {
    side: side(record['is_orig'] === true),
    attribute: 'type',
    value: 'lab-analyzer',
    confidence: RESULTS,
  };
}

function* hl7(record: RecordFields): Generator<RecordClue> {
  // In a file, a mail or a broker's message it comes from somebody else than who passes it on.
  const source = text(record, 'source');
  const behind = source !== undefined && source !== 'HTTP';
  const sender = { side: side(record['is_orig'] !== false), behind };
  yield { ...sender, attribute: 'hl7_application', value: text(record, 'sending_app') };
  yield { ...sender, attribute: 'location', value: text(record, 'sending_facility'), confidence: CALLED };
}

function* cipIdentity(record: RecordFields): Generator<RecordClue> {
  const product = { side: 'resp', confidence: STANDARD } as const;
  yield { ...product, attribute: 'model', value: text(record, 'product_name') };
  yield { ...product, attribute: 'serial', value: text(record, 'serial_number') };
  const revision = text(record, 'revision');
  yield { ...product, attribute: 'software', value: revision && `firmware ${revision}` };
  const type = record['device_type'];
  if (typeof type === 'number') yield { ...product, attribute: 'type', value: `cip:${type}` };
}

function bacnet(record: RecordFields): Iterable<RecordClue> {
  return record['pdu_service'] === 'i-Am' ? bacnetDevice(record) : NO_CLUES;
}

function* bacnetDevice(record: RecordFields): Generator<RecordClue> {
  const instance = record['object_instance'];
  if (typeof instance === 'number')
    yield { side: 'orig', attribute: 'system_id', value: `BACnet device ${instance}`, confidence: STANDARD };
}

function* syslog(record: RecordFields): Generator<RecordClue> {
  // Relays pass on what others sent.
  yield {
    side: 'orig',
    attribute: 'host_name',
    value: nameOnly(text(record, 'host_name')),
    confidence: BELIEVED,
  };
}

/** Of another program's logs; what our own decoders note goes the direct way. */
function* software(record: RecordFields): Generator<RecordClue> {
  const name = text(record, 'unparsed_version') ?? text(record, 'name');
  yield { host: text(record, 'host'), attribute: 'software', value: name };
}

type Clues = (record: RecordFields, respPort: unknown) => Iterable<RecordClue>;

/** Clues by the name of the stream. */
const CLUES: ReadonlyMap<string, Clues> = new Map(
  Object.entries<Clues>({
    dns,
    dhcp,
    dhcpv6,
    neighbour,
    icmp6_nd: icmp6Nd,
    http,
    ssl: serverName,
    quic: serverName,
    x509,
    ntlm,
    smb_session: smbSession,
    rdp,
    rpc,
    rfb,
    mqtt_connect: mqtt,
    dicom,
    lis,
    hl7,
    cip_identity: cipIdentity,
    bacnet,
    syslog,
    software,
  }),
);

/**
 * What a record says about who its hosts are.
 * @param respPort of its flow, when the record does not hold it
 */
export function cluesOf(
  stream: string,
  record: RecordFields,
  respPort: unknown = record['id.resp_p'],
): Iterable<RecordClue> {
  return CLUES.get(stream)?.(record, respPort) ?? NO_CLUES;
}
