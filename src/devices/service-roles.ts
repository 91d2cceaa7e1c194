/**
 * What a host offers or uses on the network, by the protocols recognised in its flows (`conn.service`), as evidence of what
 * it is. A flow counts for the side that offers when that side sent something, since a scan offers nothing.
 *
 * The table is what a reader needs: protocol, side, role, type it argues for, and how strongly. Protocols of one purpose
 * (printing, control) are nearly an identification; those that every server speaks are not.
 */

/** What a service makes of one side. */
export interface ServiceRole {
  readonly side: 'orig' | 'resp';
  /** As shown: `answers ipp`. */
  readonly role: string;
  readonly type: string;
  readonly strength: number;
  /** What it depends on, when on more than other roles of the type. */
  readonly ground?: string;
}

/** The table. */
export const SERVICE_ROWS: readonly (readonly [
  service: string,
  side: 'orig' | 'resp',
  type: string,
  strength: number,
])[] = [
  ['ipp', 'resp', 'printer', 0.7],
  ['lpd', 'resp', 'printer', 0.6],
  ['jetdirect', 'resp', 'printer', 0.7],
  ['s7comm', 'resp', 'plc', 0.8],
  ['modbus', 'resp', 'plc', 0.45],
  ['enip', 'resp', 'plc', 0.45],
  ['dnp3', 'resp', 'plc', 0.45],
  ['opcua', 'resp', 'plc', 0.4],
  ['bacnet', 'resp', 'building-control', 0.5],
  ['rtsp', 'resp', 'camera', 0.45],
  ['sip', 'orig', 'phone', 0.3],
  ['krb', 'resp', 'server', 0.6],
  ['krb_tcp', 'resp', 'server', 0.6],
  ['ldap_tcp', 'resp', 'server', 0.6],
  ['ldap_udp', 'resp', 'server', 0.5],
  ['mysql', 'resp', 'server', 0.6],
  ['postgresql', 'resp', 'server', 0.6],
  ['tds', 'resp', 'server', 0.6],
  ['mongodb', 'resp', 'server', 0.6],
  ['redis', 'resp', 'server', 0.5],
  ['smtp', 'resp', 'server', 0.5],
  ['imap', 'resp', 'server', 0.6],
  ['pop3', 'resp', 'server', 0.6],
  ['dhcp', 'resp', 'server', 0.4],
  ['mqtt', 'resp', 'server', 0.5],
  ['amqp', 'resp', 'server', 0.6],
  ['radius', 'resp', 'server', 0.6],
  ['syslog', 'resp', 'server', 0.4],
];

const ROLES: ReadonlyMap<string, readonly ServiceRole[]> = new Map(
  Array.from(new Set(SERVICE_ROWS.map(([service]) => service)), service => [
    service,
    SERVICE_ROWS.filter(row => row[0] === service).map(([, side, type, strength]) => ({
      side,
      role: `${side === 'resp' ? 'answers' : 'speaks'} ${service}`,
      type,
      strength,
    })),
  ]),
);

const BY_ROLE: ReadonlyMap<string, ServiceRole> = new Map(
  [...ROLES.values()].flat().map(role => [role.role, role]),
);

/** A gateway names it as the source of observations, and its number is that of its network card. */
const REPORTED: ServiceRole = {
  side: 'orig',
  role: 'source of observations',
  type: 'medical-other',
  strength: 0.6,
};
/** It stores by DICOM what several pieces of equipment made, as an archive, a router or a gateway does. */
const FORWARDS: ServiceRole = { side: 'orig', role: 'forwards images', type: 'pacs', strength: 0.4 };
/** DNS over unicast: who answers it resolves names. */
const RESOLVER: ServiceRole = { side: 'resp', role: 'answers dns', type: 'resolver', strength: 0.6 };

/** The ground of all that a host does in DICOM, and of what the objects say that it stores. */
export const DICOM_SAYS = 'dicom says';

/** TLS on the registered port of DICOM (dicom-tls, 2762): the content is closed, the port is a hint. */
const SECURE_DICOM: readonly ServiceRole[] = [
  {
    side: 'orig',
    role: 'calls the port of DICOM over TLS',
    type: 'imaging',
    strength: 0.3,
    ground: DICOM_SAYS,
  },
  {
    side: 'resp',
    role: 'answers on the port of DICOM over TLS',
    type: 'pacs',
    strength: 0.3,
    ground: DICOM_SAYS,
  },
];
const DICOM_TLS = 2762;

const SPECIAL = [RESOLVER, REPORTED, FORWARDS, ...SECURE_DICOM];

/** Roles that a flow's `service` gives its sides. */
export function serviceRoles(service: string, respPort: number | undefined): readonly ServiceRole[] {
  if (service === 'dns') return respPort === 53 ? [RESOLVER] : [];
  if (service === 'ssl') return respPort === DICOM_TLS ? SECURE_DICOM : [];
  return ROLES.get(service) ?? [];
}

/** What a role argues for. */
export function roleType(role: string): ServiceRole | undefined {
  return SPECIAL.find(known => known.role === role) ?? BY_ROLE.get(role);
}

/** Role of a device whose observations another host reports. */
export const REPORTED_ROLE = REPORTED.role;
/** Role of a host that passes on images of others. */
export const FORWARDS_ROLE = FORWARDS.role;
