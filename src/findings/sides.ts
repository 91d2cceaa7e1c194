/**
 * Who a record is about: which of its two hosts is the device and which the peer, and what identifies each from
 * night to night. Decides nothing about severity and reads no inventory: enrichment has put what is known into
 * the record.
 *
 * The device is the medical side; when both or neither are medical, the side the inventory knows; when that does
 * not decide either, the originator. Records without a flow (ARP) have their sender as the device and their target
 * as the peer; records without hosts have neither.
 *
 * Identity, most lasting first (ARCHITECTURE, "Findings"): the inventory's name of the device; for an internet host
 * the domain, when a resolver of the inventory vouched for it; the MAC address; the address, within its site.
 */
import type { Value } from '../model/schema.ts';

export type RecordFields = Readonly<Record<string, Value>>;

/** One host of a record, as far as the record tells. */
export interface Side {
  readonly address: string | undefined;
  readonly port: number | undefined;
  readonly device: string | undefined;
  readonly type: string | undefined;
  readonly medical: boolean;
  readonly known: boolean;
  readonly mac: string | undefined;
  readonly scope: string | undefined;
  readonly domain: string | undefined;
  /** The domain came from a resolver of the inventory. */
  readonly domainTrusted: boolean;
}

export interface Sides {
  /** Who called: the originator of a flow, the sender of an ARP message. */
  readonly orig: Side;
  /** Who was called: the responder, or the ARP target. */
  readonly resp: Side;
  readonly device: Side;
  readonly peer: Side;
  /** The peer answered: its port is that of a service, not one picked for the occasion. */
  readonly peerResponds: boolean;
}

/** The value of a text field; undefined when absent or of another type. */
export function textOf(record: RecordFields, field: string): string | undefined {
  const value = record[field];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The value of a numeric field; undefined when absent or of another type. */
export function numberOf(record: RecordFields, field: string): number | undefined {
  const value = record[field];
  return typeof value === 'number' ? value : undefined;
}

/** Names of one side's fields, spelt out once: this runs for every match. */
interface SideNames {
  readonly address: string;
  readonly port: string;
  readonly device: string;
  readonly type: string;
  readonly medical: string;
  readonly known: string;
  readonly mac: string;
  readonly scope: string;
  readonly domain: string;
  readonly domainConfidence: string;
}

function sideNames(prefix: 'orig' | 'resp'): SideNames {
  return {
    address: `id.${prefix}_h`,
    port: `id.${prefix}_p`,
    device: `${prefix}_device`,
    type: `${prefix}_type`,
    medical: `${prefix}_medical`,
    known: `${prefix}_known`,
    mac: `${prefix}_mac`,
    scope: `${prefix}_scope`,
    domain: `${prefix}_domain`,
    domainConfidence: `${prefix}_domain_confidence`,
  };
}

const ORIG = sideNames('orig');
const RESP = sideNames('resp');

/** The originator (`orig`) or responder (`resp`) of a record with a flow. */
export function flowSide(record: RecordFields, side: 'orig' | 'resp'): Side {
  const names = side === 'orig' ? ORIG : RESP;
  const device = textOf(record, names.device);
  return {
    address: textOf(record, names.address),
    port: numberOf(record, names.port),
    device,
    type: textOf(record, names.type),
    medical: record[names.medical] === true,
    known: record[names.known] === true || device !== undefined,
    mac: textOf(record, names.mac),
    scope: textOf(record, names.scope),
    domain: textOf(record, names.domain)?.toLowerCase().replace(/\.$/, ''),
    domainTrusted: record[names.domainConfidence] === 'high',
  };
}

/** Which host of the record is the device, and which the peer. */
export function sidesOf(record: RecordFields): Sides {
  if (record['id.orig_h'] === undefined) {
    const orig = arpSide(record, 'sender');
    const resp = arpSide(record, 'target');
    return { orig, resp, device: orig, peer: resp, peerResponds: false };
  }
  const orig = flowSide(record, 'orig');
  const resp = flowSide(record, 'resp');
  return standing(resp) > standing(orig)
    ? { orig, resp, device: resp, peer: orig, peerResponds: false }
    : { orig, resp, device: orig, peer: resp, peerResponds: true };
}

function standing(side: Side): number {
  return (side.medical ? 2 : 0) + (side.known ? 1 : 0);
}

function arpSide(record: RecordFields, prefix: 'sender' | 'target'): Side {
  return {
    address: textOf(record, `${prefix}_ip`),
    port: undefined,
    device: undefined,
    type: undefined,
    medical: false,
    known: false,
    mac: textOf(record, `${prefix}_mac`),
    scope: undefined,
    domain: undefined,
    domainTrusted: false,
  };
}

/** What identifies a host in a fingerprint. `site` tells apart the same private address of two hospitals. */
export function identityOf(side: Side, site: string | undefined): string {
  if (side.device !== undefined) return `device:${side.device}`;
  if (side.scope === 'internet') {
    return side.domain !== undefined && side.domainTrusted
      ? `domain:${side.domain}`
      : `ip:${side.address ?? ''}`;
  }
  if (side.mac !== undefined) return `mac:${side.mac.toLowerCase()}`;
  return side.address === undefined ? '' : `ip:${site ?? ''}/${side.address}`;
}

/** What a host is called in a report: the inventory's name, else its address, else its MAC address. */
export function nameOf(side: Side): string {
  return side.device ?? side.address ?? side.mac ?? '';
}
