// @ts-check
/** The page of device identity: types, and the tables by which evidence is judged, from the program's own data. */
import { CAPABILITIES, DECLARED, TYPE_OF_CATEGORY } from '../../dist/devices/arguments.js';
import { GENERAL_TYPES, MARGIN, TYPE_CONFIDENCE } from '../../dist/devices/classify.js';
import { CLOUD_ROWS } from '../../dist/devices/medical-clouds.js';
import { NAME_ROWS } from '../../dist/devices/name-words.js';
import { PRODUCT_ROWS } from '../../dist/devices/products.js';
import { SERVICE_ROWS } from '../../dist/devices/service-roles.js';
import { DEVICE_TYPES } from '../../dist/devices/types.js';
import { IDENTITY_ATTRIBUTES } from '../../dist/model/device.js';
import { code, page, table } from './markdown.mjs';

const INTRODUCTION = `# Device identity

How medtap judges what a device is, when no inventory says so. Everything that identifies equipment is a \`device\` record
([streams.md](streams.md#device)) with a confidence: 0.9 an identification that a standard defines, 0.6 what a device says of
itself, 0.4 what others call it and names that people typed, 0.3 a hint. Each piece of evidence argues for types by the tables
below: its strength is its confidence times the weight of the row. Arguments of one ground (one name, said in DNS, DHCP and a
certificate) count once. The score of a type is 1 − Π(1 − strength) over its grounds.

A type is given from ${TYPE_CONFIDENCE} on, and when no unrelated type is within ${MARGIN}; otherwise its rivals are listed as hints. A MAC prefix
or a name alone never suffices. What a gateway says of devices behind it never counts for the gateway.

What images say of the equipment that made them (maker, model, serial number, station) counts for the host that stores them
only when all are of one piece of equipment, the host does nothing that archives do and is not called like one, and something
else agrees: its title or network name, the maker of its network card, or that it asks for work lists. If nothing else agrees
it is a hint. Who stores images of several pieces of equipment forwards them (role \`forwards images\`: \`pacs\`, 0.4), and who only
takes what is stored is perhaps \`pacs\` or \`dicom-workstation\` (0.4 each). A model that images name is shown only beside
the maker that they or the product name.

\`medtap devices --explain HOST\` shows all of it for one host.`;

/** @returns {string} */
export function identityPage() {
  const types = [...DEVICE_TYPES].map(([name, { medical, criticality, doc }]) => [
    code(name),
    medical ? 'yes' : 'no',
    criticality,
    doc,
  ]);
  const attributes = Object.entries(IDENTITY_ATTRIBUTES).map(([name, doc]) => [code(name), doc]);
  const general = [...GENERAL_TYPES]
    .filter(([name]) => name !== 'medical-other')
    .map(([name, specials]) => [code(name), specials.map(code).join(', ')]);
  const products = PRODUCT_ROWS.map(([pattern, vendor, type, weight]) => [
    code(pattern.source),
    vendor ?? '–',
    code(type),
    String(weight),
  ]);
  const names = NAME_ROWS.map(([type, weight, words]) => [
    words.split(' ').map(code).join(' '),
    code(type),
    String(weight),
  ]);
  const services = SERVICE_ROWS.map(([service, side, type, strength]) => [
    code(service),
    side === 'resp' ? 'answers it' : 'speaks it',
    code(type),
    String(strength),
  ]);
  const declared = [
    ...DECLARED.map(([pattern, type, weight]) => [code(pattern.source), code(type), String(weight)]),
    ...[...CAPABILITIES].map(([name, [type, weight]]) => [
      `capability ${code(name)}`,
      code(type),
      String(weight),
    ]),
  ];
  const clouds = CLOUD_ROWS.map(({ product, vendor, type, services: hosts, companies }) => [
    product,
    vendor,
    code(type),
    hosts.map(code).join(' '),
    companies.map(code).join(' ') || '–',
  ]);
  const categories = [...TYPE_OF_CATEGORY].map(([category, type]) => [category, code(type)]);
  return page([
    INTRODUCTION,
    '## Types',
    table(['type', 'medical', 'criticality', 'what counts as this'], types),
    '## General types\n\nEvidence for a general type supports the special ones that have evidence of their own; `medical-other` includes every medical type.',
    table(['general', 'includes'], general),
    '## Attributes',
    table(['attribute', 'value'], attributes),
    '## Products\n\nIn `model`, `software`, `vendor_class` and `hl7_application`; the first row that fits decides.',
    table(['text holds', 'maker', 'type', 'weight'], products),
    '## Words in names\n\nIn host names, device names, AE titles, and where no product is named in models and HL7 applications.',
    table(['words', 'type', 'weight'], names),
    '## What protocols declare\n\nIn `type`, `service` and `capability`.',
    table(['value holds', 'type', 'weight'], declared),
    '## Services offered and used',
    table(['service', 'side', 'type', 'strength'], services),
    '## Medical services on the internet\n\nWho contacts one is a companion: the device, or the phone with its app. The maker’s domains say little by themselves.',
    table(['product', 'maker', 'type', 'services', 'domains of the maker'], clouds),
    '## What makers of network cards make\n\nBy MAC prefix: a hint. Of a maker of several kinds each counts less.',
    table(['category', 'type'], categories),
  ]);
}
