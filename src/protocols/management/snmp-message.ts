/**
 * One SNMP message in BER: version 1 (RFC 1157), 2c (RFC 1901, RFC 3416) and 3 with the user-based security model
 * (RFC 3412 section 6, RFC 3414 section 2.4). Read are who asks, what kind of operation it is, how many variables it has,
 * and of their values those that tell who answers: the system group (RFC 3418), the entity's names and numbers (RFC 6933), a
 * printer's serial number (RFC 3805).
 *
 * Encrypted contents are recognised, and stay closed. Limit: `MAX_BINDINGS` variables are looked at.
 */
import { hex, utf8 } from '../../bytes/text.ts';
import type { IdentityAttribute } from '../../model/device.ts';
import { BerReader, context, INTEGER, OCTET_STRING, OID, SEQUENCE } from '../ber.ts';

const MAX_BINDINGS = 256;
const USM = 3;
const TIME_TICKS = 0x43;
/** sysDescr.0, sysUpTime.0 and snmpTrapOID.0. */
const DESCRIPTION = '1.3.6.1.2.1.1.1.0';
const UPTIME = '1.3.6.1.2.1.1.3.0';
const TRAP_OID = '1.3.6.1.6.3.1.1.4.1.0';

/** Variables that identify the agent, by the beginning of their name; the index of a table's row follows. */
const IDENTITY: readonly (readonly [string, IdentityAttribute])[] = [
  ['1.3.6.1.2.1.1.5.0', 'name'],
  ['1.3.6.1.2.1.1.6.0', 'location'],
  ['1.3.6.1.2.1.47.1.1.1.1.8.', 'hardware'],
  ['1.3.6.1.2.1.47.1.1.1.1.9.', 'software'],
  ['1.3.6.1.2.1.47.1.1.1.1.10.', 'software'],
  ['1.3.6.1.2.1.47.1.1.1.1.11.', 'serial'],
  ['1.3.6.1.2.1.47.1.1.1.1.12.', 'vendor'],
  ['1.3.6.1.2.1.47.1.1.1.1.13.', 'model'],
  ['1.3.6.1.2.1.43.5.1.1.17.', 'serial'],
];
/** sysObjectID.0: the maker's identification of the product. */
const OBJECT_ID = '1.3.6.1.2.1.1.2.0';

/** Kinds of operation by the number of their tag. */
export const PDU = {
  get: 0,
  getNext: 1,
  response: 2,
  set: 3,
  trapV1: 4,
  getBulk: 5,
  inform: 6,
  trapV2: 7,
  report: 8,
} as const;

export interface SnmpMessage {
  /** As on the wire: 0, 1 and 3. */
  readonly version: number;
  /** Version 1 and 2c; borrowed. */
  readonly community?: Uint8Array | undefined;
  /** Version 3: who speaks, in hexadecimal. */
  readonly engineId?: string | undefined;
  /** Version 3; borrowed. */
  readonly user?: Uint8Array | undefined;
  /** `noAuthNoPriv`, `authNoPriv` or `authPriv`. */
  readonly security?: string | undefined;
  /** One of `PDU`; absent when it is encrypted or unknown. */
  readonly pdu?: number | undefined;
  readonly encrypted: boolean;
  readonly bindings: number;
  readonly description?: string | undefined;
  /** Hundredths of seconds. */
  readonly uptime?: number | undefined;
  readonly trapOid?: string | undefined;
  /** What the variables say of who sent them. */
  readonly identity?: readonly (readonly [IdentityAttribute, string])[] | undefined;
  /** Something in it was no BER or not where it belongs; what stands here was read before. */
  readonly malformed: boolean;
}

type Contents = Pick<SnmpMessage, 'pdu' | 'bindings' | 'description' | 'uptime' | 'trapOid' | 'identity'>;

const NOTHING: Contents = { bindings: 0 };

/** Decodes a datagram; undefined when it does not begin as SNMP. */
export function decodeSnmp(bytes: Uint8Array, from: number, to: number): SnmpMessage | undefined {
  const message = new BerReader(bytes, from, to).enter(SEQUENCE);
  if (!message.accept(INTEGER)) return undefined;
  const version = message.integer();
  if (version === 3) return decodeV3(message);
  if ((version !== 0 && version !== 1) || !message.accept(OCTET_STRING)) return undefined;
  const community = message.contents();
  const contents = readPdu(message);
  return {
    version,
    community,
    encrypted: false,
    ...contents,
    malformed: message.malformed || contents.pdu === undefined,
  };
}

function decodeV3(message: BerReader): SnmpMessage | undefined {
  const header = message.enter(SEQUENCE);
  // Message identifier, largest size, flags, security model.
  if (!header.accept(INTEGER) || !header.accept(INTEGER) || !header.accept(OCTET_STRING)) return undefined;
  const flags = header.to > header.from ? header.bytes[header.from]! : 0;
  if (!header.accept(INTEGER)) return undefined;
  const model = header.integer();
  if (!message.accept(OCTET_STRING)) return undefined;
  const security = model === USM ? readUsm(message) : {};
  const encrypted = (flags & 2) !== 0;
  const scoped = encrypted ? undefined : message.enter(SEQUENCE);
  let contents = NOTHING;
  // Engine and name of the context.
  if (scoped?.accept(OCTET_STRING) && scoped.accept(OCTET_STRING)) contents = readPdu(scoped);
  return {
    version: 3,
    ...security,
    security: (flags & 1) === 0 ? 'noAuthNoPriv' : encrypted ? 'authPriv' : 'authNoPriv',
    encrypted,
    ...contents,
    malformed: message.malformed || (!encrypted && contents.pdu === undefined),
  };
}

/** Engine, boots, time, user; keys and digests that follow are not read. */
function readUsm(message: BerReader): Pick<SnmpMessage, 'engineId' | 'user'> {
  const usm = message.inside().enter(SEQUENCE);
  if (!usm.accept(OCTET_STRING)) return {};
  const engineId = usm.to > usm.from ? hex(usm.bytes, usm.from, usm.to) : undefined;
  if (!usm.accept(INTEGER) || !usm.accept(INTEGER) || !usm.accept(OCTET_STRING)) return { engineId };
  return { engineId, user: usm.to > usm.from ? usm.contents() : undefined };
}

function readPdu(reader: BerReader): Contents {
  if (!reader.next() || reader.tag < context(PDU.get) || reader.tag > context(PDU.report)) return NOTHING;
  const pdu = reader.tag & 31;
  const inside = reader.inside();
  if (pdu === PDU.trapV1) {
    // Enterprise, agent, generic and specific trap, time.
    if (!inside.accept(OID)) return { pdu, bindings: 0 };
    const trapOid = inside.oid();
    for (let i = 0; i < 4; i++) if (!inside.next()) return { pdu, bindings: 0, trapOid };
    return { ...readBindings(inside, pdu), trapOid };
  }
  // Request, error status, error index; or request, non-repeaters, repetitions.
  for (let i = 0; i < 3; i++) if (!inside.accept(INTEGER)) return { pdu, bindings: 0 };
  return readBindings(inside, pdu);
}

function readBindings(reader: BerReader, pdu: number): Contents {
  const list = reader.enter(SEQUENCE);
  let bindings = 0;
  let description: string | undefined;
  let uptime: number | undefined;
  let trapOid: string | undefined;
  const identity: [IdentityAttribute, string][] = [];
  while (bindings < MAX_BINDINGS && list.accept(SEQUENCE)) {
    const binding = list.inside();
    if (!binding.accept(OID)) break;
    bindings++;
    const name = binding.oid();
    if (!binding.next()) break;
    if (name === DESCRIPTION && binding.tag === OCTET_STRING)
      description = utf8(binding.bytes, binding.from, binding.to);
    else if (name === UPTIME && binding.tag === TIME_TICKS) uptime = binding.unsigned();
    else if (name === TRAP_OID && binding.tag === OID) trapOid = binding.oid();
    else if (name === OBJECT_ID && binding.tag === OID) identity.push(['type', `oid:${binding.oid()}`]);
    else if (binding.tag === OCTET_STRING) {
      const known = IDENTITY.find(([prefix]) => name?.startsWith(prefix));
      if (known !== undefined) identity.push([known[1], utf8(binding.bytes, binding.from, binding.to)]);
    }
  }
  return { pdu, bindings, description, uptime, trapOid, identity };
}
