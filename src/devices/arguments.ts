/**
 * From evidence to arguments: what each piece of evidence says a device is, how strongly, and why; or why it is set aside.
 * The knowledge is in tables (`products.ts`, `name-words.ts`, `service-roles.ts`, `medical-clouds.ts`, and those
 * below); this file says which of them reads which attribute.
 *
 * Strength is the evidence's confidence times the weight of the rule. Arguments of one *ground* depend on each other (one
 * name, repeated in DNS, DHCP and a certificate, is one name), so only the strongest of a ground counts; see
 * `classify.ts`.
 */
import type { Evidence } from '../model/device.ts';
import { medicalCloud } from './medical-clouds.ts';
import { nameWord } from './name-words.ts';
import { isArchiveTitle, isToolkit, productIn } from './products.ts';
import { DICOM_SAYS, roleType } from './service-roles.ts';
import { DEVICE_TYPES } from './types.ts';
import { vendorIn } from './vendor-words.ts';

/** One reason to take a device for something. */
export interface Argument {
  readonly evidence: Evidence;
  readonly type: string;
  /** 0 to 1. */
  readonly strength: number;
  /** Arguments of one ground are not independent. */
  readonly ground: string;
  /** Why the evidence says that, in a few words. */
  readonly why: string;
}

/** Evidence that argues for nothing, and why. */
export interface Aside {
  readonly evidence: Evidence;
  readonly why: string;
}

/** Device types by the categories of MAC prefixes. */
export const TYPE_OF_CATEGORY: ReadonlyMap<string, string> = new Map([
  ['monitor', 'patient-monitor'],
  ['anaesthesia', 'anaesthesia'],
  ['ventilator', 'ventilator'],
  ['respiratory', 'ventilator'],
  ['infusion', 'infusion-pump'],
  ['dialysis', 'dialysis'],
  ['diabetes', 'insulin-pump-controller'],
  ['implant', 'implant-programmer'],
  ['lab', 'lab-analyzer'],
  ['poc', 'poc-analyzer'],
  ['imaging', 'imaging'],
  ['xray', 'xray'],
  ['ultrasound', 'ultrasound'],
  ['radiotherapy', 'radiotherapy'],
  ['dental', 'dental'],
  ['endoscopy', 'endoscopy'],
  ['surgical', 'surgical'],
  ['defibrillator', 'defibrillator'],
  ['injector', 'contrast-injector'],
  ['ecg', 'ecg'],
  ['neuro', 'eeg'],
  ['bed', 'bed'],
  ['nurse call', 'nurse-call'],
  ['clinical comms', 'nurse-call'],
  ['integration', 'interface-engine'],
  ['pneumatic tube', 'pneumatic-tube'],
  ['medical gas', 'medical-gas'],
  ['display', 'display'],
  ['serial module', 'terminal-server'],
  ['consumer', 'health-companion'],
  ['printer', 'printer'],
  ['camera', 'camera'],
  ['phone', 'phone'],
  ['network', 'switch'],
  ['plc', 'plc'],
  ['storage', 'storage'],
]);

/** A maker of several kinds of devices says less about each. */
const ONE_OF_SEVERAL = 0.7;

/** Types and services that protocols define, by what the value holds. */
export const DECLARED: readonly (readonly [RegExp, string, number])[] = [
  [/^cip:14$/, 'plc', 1],
  [/^cip:24$/, 'display', 0.6],
  [/^cip:44$/, 'switch', 1],
  [/^cip:\d+$/, 'building-control', 0.4],
  // ISO/IEEE 11073-20601 specializations of personal health devices.
  [/^MDC_DEV_SPEC_PROFILE_BP$/, 'blood-pressure-monitor', 1],
  [/^MDC_DEV_SPEC_PROFILE_(?:GLUCOSE|COAG|URINE)$/, 'poc-analyzer', 0.8],
  [/^MDC_DEV_SPEC_PROFILE_INSULIN_PUMP$/, 'insulin-pump-controller', 0.8],
  [/^MDC_DEV_SPEC_PROFILE_MIN_ECG$/, 'ecg', 0.9],
  [/^MDC_DEV_SPEC_PROFILE_(?:SCALE|BCA|HF_\w+|AI_\w+)$/, 'health-companion', 0.8],
  [/^MDC_DEV_SPEC_PROFILE_/, 'medical-other', 0.8],
  // ISO/IEEE 11073-10101, as SDC announces it.
  [/^MDC_DEV_SYS_PT_VENT_MDS$/, 'ventilator', 1],
  [/^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS$/, 'patient-monitor', 1],
  [/^MDC_DEV_PUMP_INFUS_MDS$/, 'infusion-pump', 1],
  [/^MDC[ _]/, 'medical-other', 0.6],
  // UPnP (Device Architecture, standard device types).
  [/^urn:schemas-upnp-org:device:Printer/i, 'printer', 1],
  [/^urn:schemas-upnp-org:device:DigitalSecurityCamera/i, 'camera', 1],
  [/^urn:schemas-upnp-org:device:(?:InternetGatewayDevice|WANDevice)/i, 'gateway', 1],
  [/^urn:schemas-upnp-org:device:Media(?:Renderer|Server)/i, 'display', 0.6],
  // WS-Discovery: Web Services on Devices for printers, ONVIF for cameras, IEEE 11073-20702 for medical devices.
  [/:(?:Print|Scan)(?:er)?(?:Device|Service)Type$/i, 'printer', 1],
  [/:NetworkVideo(?:Transmitter|Display|Storage)$/i, 'camera', 1],
  [/:MedicalDevice$/, 'medical-other', 0.9],
  [/:Computer$/, 'workstation', 0.7],
  // DNS-SD (registered service names).
  [/^_(?:ipps?|printer|pdl-datastream|uscans?)\._tcp$/, 'printer', 1],
  [/^_axis-video\._tcp$/, 'camera', 1],
  [/^_(?:airplay|raop|googlecast)\._tcp$/, 'display', 0.6],
  [/^_(?:apple-mobdev2?|companion-link)\._tcp$/, 'mobile', 0.7],
  [/^_workstation\._tcp$/, 'workstation', 0.7],
  [/^_(?:adisk|afpovertcp)\._tcp$/, 'storage', 0.6],
];

/** Capabilities of LLDP and CDP. */
export const CAPABILITIES: ReadonlyMap<string, readonly [string, number]> = new Map([
  ['bridge', ['switch', 0.9]],
  ['wlan_ap', ['switch', 0.9]],
  ['router', ['gateway', 0.9]],
  ['telephone', ['phone', 1.3]],
]);

/** What names a device that another host speaks for. */
const SPOKEN_FOR = new Set(['system_id', 'serial', 'udi', 'model']);
const SPEAKS_FOR = 0.4;
/** Protocols that reach a network through a terminal server only (Dräger MEDIBUS, Datex-Ohmeda S/5). */
const SERIAL = new Set(['medibus', 'datex_s5']);
const SERIAL_LINE = 0.6;

/** What the pieces of evidence argue for, in their order. */
export function argue(all: readonly Evidence[]): { arguments: Argument[]; asides: Aside[] } {
  const found: Argument[] = [];
  const asides: Aside[] = [];
  for (const evidence of all) {
    if (evidence.source === 'inventory') continue;
    if (evidence.behind === true) {
      if (SERIAL.has(evidence.source)) {
        const why = 'carries the protocol of a serial line over the network';
        found.push({ evidence, type: 'terminal-server', strength: SERIAL_LINE, ground: 'behind', why });
        continue;
      }
      // An archive passes on images of others; that makes no gateway of it.
      if (evidence.source !== 'dicom' && SPOKEN_FOR.has(evidence.attribute))
        found.push({
          evidence,
          type: 'gateway',
          strength: Math.min(evidence.confidence, SPEAKS_FOR),
          ground: 'behind',
          why: 'speaks for a device behind it',
        });
      else asides.push({ evidence, why: 'is of a device behind this host' });
      continue;
    }
    const arguments_ = argumentsOf(evidence);
    found.push(...arguments_);
    if (arguments_.length === 0) asides.push({ evidence, why: asideOf(evidence) });
  }
  return { arguments: found, asides };
}

function argumentsOf(evidence: Evidence): Argument[] {
  const { attribute, value, source } = evidence;
  const for_ = (type: string, weight: number, ground: string, why: string): Argument => ({
    evidence,
    type,
    strength: Math.min(1, evidence.confidence * weight),
    ground,
    why,
  });
  switch (attribute) {
    case 'type': {
      if (DEVICE_TYPES.has(value)) return [for_(value, 1, `${source} says`, `its part in ${source}`)];
      return declared(value).map(([type, weight]) =>
        for_(type, weight, `${source} says`, `declares itself so`),
      );
    }
    case 'service':
      return declared(value).map(([type, weight]) => for_(type, weight, 'services', `offers ${value}`));
    case 'role': {
      const role = roleType(value);
      return role === undefined
        ? []
        : [{ ...for_(role.type, 1, role.ground ?? `role ${role.type}`, value), strength: role.strength }];
    }
    case 'capability': {
      const known = CAPABILITIES.get(value);
      return known === undefined
        ? []
        : [for_(known[0], known[1], 'capability', `announces that it is a ${value}`)];
    }
    case 'category': {
      const types = value.split('/').flatMap(part => TYPE_OF_CATEGORY.get(part) ?? []);
      const weight = types.length > 1 ? ONE_OF_SEVERAL : 1;
      return types.map(type =>
        for_(type, weight, 'mac', `the maker of its network card makes ${value} devices`),
      );
    }
    case 'cloud': {
      const match = medicalCloud(value);
      if (match === undefined) return [];
      const { product, type } = match.cloud;
      return [for_(type, 1, 'cloud', `companion (phone or device) of: ${product}`)];
    }
    case 'model':
    case 'software':
    case 'vendor_class':
    case 'hl7_application': {
      const product = productIn(value);
      const ground = attribute === 'model' && source === 'dicom' ? DICOM_SAYS : undefined;
      if (product !== undefined) {
        const why = `names the product ${product.words}`;
        return [for_(product.type, product.weight, ground ?? 'product', why)];
      }
      return attribute === 'hl7_application' || attribute === 'model' ? named(evidence, for_, ground) : [];
    }
    case 'host_name':
    case 'name':
    case 'ae_title': {
      // Station, model and modality of an object are one thing said: which machine made it.
      const words = named(
        evidence,
        for_,
        attribute === 'host_name' && source === 'dicom' ? DICOM_SAYS : 'name',
      );
      if (words.length > 0) return words;
      if (attribute === 'ae_title' && isArchiveTitle(value))
        return [capped(for_('pacs', TITLED, 'name', 'is called like an archive'), evidence)];
      // A name that is a product's is as good as one that was typed, and no better.
      const product = productIn(value);
      if (product === undefined) return [];
      return [for_(product.type, product.weight * NAMED, 'name', `is called after ${product.words}`)];
    }
    default:
      return [];
  }
}

/** How much a name that a host gives itself counts against what it says it is. */
const NAMED = 0.75;
/** Weight of a title of archives; as a word in a name (`name-words.ts`). */
const TITLED = 0.9;

function named(
  evidence: Evidence,
  for_: (type: string, weight: number, ground: string, why: string) => Argument,
  ground = 'name',
): Argument[] {
  const found = nameWord(evidence.value);
  if (found === undefined) return [];
  return [capped(for_(found.type, found.weight, ground, `is called “${found.word}”`), evidence)];
}

/** A name alone is never enough, whoever gives it. */
function capped(argument: Argument, { confidence }: Evidence): Argument {
  const cap = NAME_CAP * Math.min(1, confidence / SAID_BY_ITSELF);
  return { ...argument, strength: Math.min(argument.strength, cap) };
}

const NAME_CAP = 0.45;
const SAID_BY_ITSELF = 0.4;

function declared(value: string): readonly (readonly [string, number])[] {
  const row = DECLARED.find(([pattern]) => pattern.test(value));
  return row === undefined ? [] : [[row[1], row[2]]];
}

/** Why evidence argues for no type. */
function asideOf({ attribute, value }: Evidence): string {
  switch (attribute) {
    case 'vendor': {
      const match = vendorIn(value);
      if (match?.falseFriend === true) return `only sounds like ${match.vendor}`;
      return 'a maker makes many things; names the vendor';
    }
    case 'software':
      if (isToolkit(value)) return 'stands in many products';
      break;
    case 'other_mac':
      return 'is not the address the inventory lists';
    case 'serial':
    case 'udi':
    case 'system_id':
    case 'hardware':
    case 'mud_url':
      return 'names one device, not its kind';
    case 'location':
      return 'says where it is';
    case 'seen':
      return 'sent nothing';
  }
  return 'says nothing about the type';
}
