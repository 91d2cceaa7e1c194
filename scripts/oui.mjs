// @ts-check
/**
 * Makes `src/net/oui-table.ts`: the MAC prefixes of medical manufacturers, and of the serial and radio modules that
 * stand in front of older devices; and `src/net/oui-general.ts`: those of makers of general equipment that is common in
 * hospitals. Picked by name from the IEEE registry as the npm package `oui-data` carries it.
 *
 *     node scripts/oui.mjs [index.json]
 *
 * Without an argument the package is installed into a temporary folder, never into the project: the table is all that
 * is needed of its 5 MB. Output depends on the package alone; a package of another content is refused until its hash
 * is entered here, so that a new table is reviewed.
 *
 * Names are matched whole or by an anchored beginning, case-sensitively, because of the false friends: Contec
 * Americas and Contec GmbH are not Contec Medical, PYXIS S.R.L. is not BD Pyxis, Philips Lighting and Philips
 * Consumer are not patient monitoring, Abbott Medical Optics is not Abbott Diagnostics, Bytedance holds "edan".
 * Prefixes with the locally administered bit are left out: they name nobody.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE = 'oui-data@2.1.9';
/** SHA-256 of the package's index.json. */
const CONTENT = '1417fe0fa04546e2a658c3639ecdd604d1a8640414ec60a9b8183e7c96bf3eb8';
const OUTPUT = fileURLToPath(new URL('../src/net/oui-table.ts', import.meta.url));
const GENERAL_OUTPUT = fileURLToPath(new URL('../src/net/oui-general.ts', import.meta.url));

/**
 * Vendor as shown, category, and what the registered name must match.
 * @type {readonly (readonly [string, string, RegExp])[]}
 */
export const VENDORS = [
  [
    'Philips',
    'monitor',
    /^Philips (Medical Systems - Cardiac|Patient Monitoring|Healthcare PCCI|CareServant|Personal Health Solutions)/,
  ],
  ['GE Healthcare', 'monitor/imaging', /^(GE Healthcare|GE Medical System\(China\))/],
  ['Marquette (GE Healthcare)', 'monitor', /^MARQUETTE ELECTRIC/],
  ['Datex-Ohmeda (GE Healthcare)', 'anaesthesia', /^DATEX DIVISION OF/],
  ['Corometrics (GE Healthcare)', 'monitor', /^COROMETRICS/],
  ['Draeger', 'monitor/ventilator', /^(Draeger Medical|Dr.gerwerk)/],
  ['Mindray', 'monitor', /^Mindray (Co|DS|North)/],
  ['Nihon Kohden', 'monitor', /^NIHON KOHDEN/],
  ['Spacelabs', 'monitor', /^SPACELABS/],
  ['Masimo', 'monitor', /^Masimo Corp/],
  ['Welch Allyn', 'monitor', /^Welch Allyn/],
  ['Hill-Rom', 'bed', /^Hill-Rom$/],
  ['Mortara', 'ecg', /^Mortara/],
  ['Schiller', 'ecg', /^SCHILLER AG/],
  ['Criticare', 'monitor', /^Criticare/],
  ['Mennen Medical', 'monitor', /^MENNEN/],
  ['Invivo', 'monitor', /^Invivo Research/],
  ['Nonin', 'monitor', /^Nonin/],
  ['Edan', 'monitor', /^Edan Instr/],
  ['Ivy Biomedical', 'monitor', /^Ivy Biomedical/],
  ['Nuvon', 'integration', /^Nuvon/],
  ['Alaris (BD)', 'infusion', /^(Alaris, Inc|ALARIS MEDICAL)/],
  ['CareFusion (BD)', 'infusion', /^Carefusion$/],
  ['Becton Dickinson', 'infusion/lab', /^Becton,? Dickinson/],
  ['ICU Medical', 'infusion', /^ICU Medical/],
  ['B. Braun', 'infusion', /^B\.Braun Melsungen/],
  ['Baxter', 'infusion', /^Baxter International/],
  ['Fresenius', 'infusion/dialysis', /^(FRESENIUS-VIAL|Fresenius Medical Care|FRESENIUS MEDICAL CARE)/],
  ['Gambro', 'dialysis', /^Gambro/],
  ['Medtronic', 'implant/diabetes', /^Medtronic/],
  ['Insulet', 'diabetes', /^Insulet/],
  ['Ascensia', 'diabetes', /^Ascensia/],
  ['Ypsomed', 'diabetes', /^Ypsomed/],
  ['Roche Diagnostics', 'lab/diabetes', /^Roche Diagnostics/],
  ['Abbott', 'lab/poc', /^Abbott (Diagnostics|Point of Care)/],
  ['Alere (Abbott)', 'poc', /^Alere Technologies/],
  ['HemoCue', 'poc', /^HemoCue/],
  ['Siemens Healthineers', 'lab/imaging', /^Siemens (Healthcare|AG, Healthcare)/],
  ['Sysmex', 'lab', /^Sysmex/],
  ['Beckman Coulter', 'lab', /^(Beckman Coulter|BECKMAN LAB)/],
  ['bioMerieux', 'lab', /^bioMerieux/],
  ['Carestream', 'imaging', /^Carestream/],
  ['Agfa', 'imaging', /^AGFA CORPORATION/],
  ['Fujifilm', 'imaging', /^(FUJIFILM (Corporation|Healthcare)|FUJI PHOTO FILM)/],
  ['SonoSite', 'ultrasound', /^SonoSite/],
  ['Esaote', 'ultrasound', /^ESAOTE/],
  ['Medison', 'ultrasound/xray', /^(Medison Co|MEDISON Xray)/],
  ['Hitachi Aloka', 'ultrasound', /^Hitachi Aloka/],
  ['Alpinion', 'ultrasound', /^Alpinion/],
  ['Shimadzu', 'imaging', /^SHIMADZU/],
  ['Varian', 'radiotherapy', /^VARIAN$/],
  ['Calypso Medical (Varian)', 'radiotherapy', /^Calypso Medical/],
  ['Planmeca', 'dental', /^Planmeca/],
  ['Sirona', 'dental', /^SIRONA DENTAL/],
  ['Dentsply Gendex', 'dental', /^DENTSPLY/],
  ['Codonics', 'imaging/medication', /^CODONICS/],
  ['Barco', 'display', /^Barco NV/],
  ['Eizo', 'display', /^EIZO Corporation/],
  ['NDS Surgical Imaging', 'display', /^NDS Surgical/],
  ['Karl Storz', 'endoscopy', /^Karl Storz/],
  ['Stryker', 'surgical/bed', /^Stryker Corp/],
  ['Physio-Control (Stryker)', 'defibrillator', /^Physio-Control/],
  ['ZOLL', 'defibrillator', /^ZOLL Lifecor/],
  ['Cardiac Recorders', 'defibrillator', /^CARDIAC RECORDERS/],
  ['Intuitive Surgical', 'surgical', /^Intuitive Surgical/],
  ['CMR Surgical', 'surgical', /^Cambridge Medical Robotics/],
  ['Erbe', 'surgical', /^Erbe/],
  ['Getinge', 'ventilator/surgical', /^(Maquet |Getinge)/],
  ['Hamilton Bonaduz', 'lab', /^HAMILTON Bonaduz/],
  ['Respironics (Philips)', 'respiratory', /^Respironics/],
  ['ResMed', 'respiratory', /^(ResMed|RESMED)/],
  ['Breas', 'respiratory', /^Breas Medical/],
  ['VIASYS', 'respiratory', /^VIASYS/],
  ['Puritan Bennett', 'ventilator', /^PURITAN BENNETT/],
  ['Weinmann', 'ventilator', /^Weinmann/],
  ['Edwards Lifesciences', 'monitor', /^Edwards Life/],
  ['Boston Scientific', 'implant', /^Boston Scientific/],
  ['Biotronik', 'implant', /^BIOTRONIK/],
  ['CardioNet', 'ambulatory', /^CardioNet/],
  ['iRhythm', 'ambulatory', /^iRhythm/],
  ['Terumo', 'infusion', /^TERUMO/],
  ['Medrad', 'injector', /^Medrad/],
  ['ACIST', 'injector', /^ACIST/],
  ['Translogic (Swisslog)', 'pneumatic tube', /^Translogic Corp/],
  ['Rauland-Borg', 'nurse call', /^RAULAND-BORG/],
  ['West-Com', 'nurse call', /^West-Com/],
  ['Ascom', 'nurse call/wifi phone', /^Ascom Tateco/],
  ['Vocera', 'clinical comms', /^Vocera/],
  ['BeaconMedaes', 'medical gas', /^Beacon Medical Products/],
  ['Natus', 'neuro', /^(Nicolet Neuro|NICOLET INSTR)/],
  ['Withings', 'consumer', /^Withings$/],
  ['Omron Healthcare', 'consumer', /^(Omron Healthcare|OMRON HEALTHCARE)/],
  ['Andon Health', 'consumer', /^Andon Health/],
  ['A&D', 'consumer', /^A&D Co/],
  ['Lantronix', 'serial module', /^Lantronix$/],
  ['Silex', 'serial module', /^(Silex Technology|silex technology)/],
  ['Quatech', 'serial module', /^Quatech Inc/],
  ['B&B Electronics', 'serial module', /^B&B Electronics/],
  ['Moxa', 'serial module', /^(MOXA TECHNOLOGIES|Moxa\.Inc)/],
  ['Digi', 'serial module', /^DIGIBOARD$/i],
  ['Perle', 'serial module', /^PERLE SYSTEMS/],
  ['Comtrol', 'serial module', /^(Comtrol Europe|COMTROL CORPORATION)/],
  ['Sena', 'serial module', /^Sena Technologies/],
  ['Tibbo', 'serial module', /^Tibbo Technology/],
  ['NetBurner', 'serial module', /^NetBurner$/],
  ['Opengear', 'serial module', /^OpenGear/],
  ['Cyclades', 'serial module', /^CYCLADES/],
  ['Computone', 'serial module', /^COMPUTONE/],
  ['Systech', 'serial module', /^SYSTECH COMPUTER/],
  ['USR IOT', 'serial module', /^Jinan USR IOT/],
];

/**
 * Makers of general equipment, of the 24-bit registry. `computer`, `embedded` and `virtual machine` say nothing of a
 * device's kind: medical devices are built with them. Makers of phones for everybody are left out; their devices make up
 * addresses.
 * @type {readonly (readonly [string, string, RegExp])[]}
 */
export const GENERAL = [
  ['Dell', 'computer', /^Dell\b/],
  ['HP', 'computer', /^(Hewlett Packard|HP Inc)/],
  ['Lenovo', 'computer', /^Lenovo$|^LENOVO/],
  ['Intel', 'computer', /^Intel Corpor/],
  ['Advantech', 'computer', /^(ADVANTECH|Advantech)/],
  ['Supermicro', 'computer', /^Super Micro/],
  ['VMware', 'virtual machine', /^VMware/],
  ['Raspberry Pi', 'embedded', /^Raspberry Pi/],
  ['Espressif', 'embedded', /^Espressif/],
  ['Cisco', 'network', /^Cisco Systems/],
  ['Juniper', 'network', /^Juniper Networks/],
  ['Fortinet', 'network', /^Fortinet/],
  ['Ubiquiti', 'network', /^Ubiquiti/],
  ['Zebra', 'printer', /^Zebra Tech/],
  ['Brother', 'printer', /^B(ROTHER|rother) [Ii](NDUSTRIES|ndustries)/],
  ['Lexmark', 'printer', /^LEXMARK/],
  ['Epson', 'printer', /^Seiko Epson/],
  ['Xerox', 'printer', /^X(EROX|erox) C(ORPORATION|orporation)/],
  ['Ricoh', 'printer', /^RICOH COMPANY/],
  ['Konica Minolta', 'printer', /^KONICA MINOLTA/],
  ['Axis', 'camera', /^Axis Communications/],
  ['Hikvision', 'camera', /^Hangzhou Hikvision/],
  ['Dahua', 'camera', /^Zhejiang Dahua/],
  ['Mobotix', 'camera', /^Mobotix/],
  ['Polycom', 'phone', /^Polycom$/],
  ['Yealink', 'phone', /^YEALINK/],
  ['snom', 'phone', /^snom/],
  ['Avaya', 'phone', /^Avaya/],
  ['Mitel', 'phone', /^M(ITEL|itel) /],
  ['Synology', 'storage', /^Synology/],
  ['QNAP', 'storage', /^QNAP/],
  ['NetApp', 'storage', /^NetApp/],
  ['Siemens (industry)', 'plc', /^S(IEMENS|iemens) AG$/],
  ['Rockwell Automation', 'plc', /^Rockwell Automation/],
  ['Schneider Electric', 'plc', /^Schneider Electric/],
  ['Beckhoff', 'plc', /^Beckhoff/],
  ['WAGO', 'plc', /^WAGO/],
  ['HMS', 'plc', /^HMS Industrial/],
  ['Tridium', 'plc', /^Tridium/],
  ['Loytec', 'plc', /^LOYTEC/],
];

/**
 * Vendor and category of a registered name; undefined when it is none of the list.
 * @param {string} name first line of the registration
 */
export function vendorOf(name) {
  const row = VENDORS.find(([, , pattern]) => pattern.test(name));
  return row && { vendor: row[0], category: row[1] };
}

/**
 * Rows of the table, `vendor|category|prefixes`, in the order of `VENDORS`; without prefixes where none is registered.
 * @param {Readonly<Record<string, string>>} registry prefix → registration
 */
export function tableRows(registry) {
  /** @type {Map<string, string[]>} */
  const prefixes = new Map(VENDORS.map(([vendor]) => [vendor, []]));
  for (const [prefix, registration] of Object.entries(registry)) {
    const found = vendorOf(registration.split('\n')[0] ?? '');
    const locallyAdministered = (Number.parseInt(prefix.slice(0, 2), 16) & 2) !== 0;
    if (found && !locallyAdministered) prefixes.get(found.vendor)?.push(prefix.toUpperCase());
  }
  return VENDORS.map(([vendor, category]) => {
    return `${vendor}|${category}|${(prefixes.get(vendor) ?? []).sort().join(' ')}`;
  });
}

/**
 * Rows of the general table, `vendor|category|prefixes`, the prefixes of six digits each without anything between them.
 * @param {Readonly<Record<string, string>>} registry prefix → registration
 */
export function generalRows(registry) {
  /** @type {Map<string, string[]>} */
  const prefixes = new Map(GENERAL.map(([vendor]) => [vendor, []]));
  for (const [prefix, registration] of Object.entries(registry)) {
    const name = registration.split('\n')[0] ?? '';
    const row = GENERAL.find(([, , pattern]) => pattern.test(name));
    const locallyAdministered = (Number.parseInt(prefix.slice(0, 2), 16) & 2) !== 0;
    if (row && prefix.length === 6 && !locallyAdministered && vendorOf(name) === undefined)
      prefixes.get(row[0])?.push(prefix.toUpperCase());
  }
  return GENERAL.map(
    ([vendor, category]) => `${vendor}|${category}|${(prefixes.get(vendor) ?? []).sort().join('')}`,
  );
}

/** @param {readonly string[]} rows */
function generalSource(rows) {
  const lines = rows.map(row => `  '${row}',`).join('\n');
  return `/**
 * MAC prefixes of makers of general equipment. Generated by scripts/oui.mjs from the npm package ${PACKAGE} (IEEE MA-L
 * registry; BSD-2-Clause, Copyright silverwind). Do not edit; run the script again.
 *
 * One row per manufacturer: \`vendor|category|prefixes\`; prefixes of 6 hex digits (24 bits) each, one behind the other.
 */
export const GENERAL_OUI_ROWS: readonly string[] = [
${lines}
];
`;
}

/** @param {readonly string[]} rows */
function source(rows) {
  return `/**
 * MAC prefixes of medical manufacturers, and of the serial and radio modules in front of older devices.
 * Generated by scripts/oui.mjs from the npm package ${PACKAGE} (IEEE MA-L, MA-M and MA-S registries; BSD-2-Clause,
 * Copyright silverwind). Do not edit; run the script again.
 *
 * One row per manufacturer: \`vendor|category|prefixes\`; prefixes of 6, 7 or 9 hex digits (24, 28 or 36 bits).
 */
export const OUI_ROWS: readonly string[] = [
${rows.map(row => `  '${row}',`).join('\n')}
];
`;
}

/** @returns {string} text of the package's index.json */
function download() {
  const folder = mkdtempSync(join(tmpdir(), 'medtap-oui-'));
  try {
    execFileSync('npm', [
      'install',
      '--prefix',
      folder,
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      PACKAGE,
    ]);
    return readFileSync(join(folder, 'node_modules', 'oui-data', 'index.json'), 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const given = process.argv[2];
  const text = given === undefined ? download() : readFileSync(given, 'utf8');
  const hash = createHash('sha256').update(text).digest('hex');
  if (hash !== CONTENT)
    throw new Error(`index.json has SHA-256 ${hash}, expected ${CONTENT}: not ${PACKAGE}`);
  const registry = JSON.parse(text);
  const rows = tableRows(registry);
  const general = generalRows(registry);
  const empty = [...rows, ...general].filter(row => row.endsWith('|'));
  if (empty.length > 0) throw new Error(`no prefix is registered for ${empty.join(', ')}`);
  writeFileSync(OUTPUT, source(rows));
  writeFileSync(GENERAL_OUTPUT, generalSource(general));
  const count = rows.reduce((sum, row) => sum + (row.split('|')[2] ?? '').split(' ').length, 0);
  console.log(`${rows.length} manufacturers, ${count} prefixes; ${general.length} general ones`);
}
