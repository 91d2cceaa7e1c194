/**
 * Manufacturers of medical devices as they write themselves in text: DICOM's Manufacturer, certificates, LLDP, UPnP. A name
 * is matched from its beginning, because many companies share a word; those that look alike and are not medical, or are
 * not the one meant, are listed and set aside by name.
 *
 * Sources: the registry of MAC prefixes and the false friends found in it (`scripts/oui.mjs`), Manufacturer values of
 * public DICOM conformance statements.
 */

/** A manufacturer recognised, or a name that only looks like one. */
export interface VendorMatch {
  /** Short name as shown, the same as for MAC prefixes. */
  readonly vendor: string;
  /** It only looks like that manufacturer. */
  readonly falseFriend: boolean;
}

const FALSE_FRIENDS: readonly (readonly [RegExp, string])[] = [
  [/^contec (?:americas|gmbh)/i, 'Contec'],
  [/^pyxis s\.?r\.?l/i, 'BD Pyxis'],
  [/^philips (?:lighting|cft|consumer|hue|tv|innovative)/i, 'Philips'],
  [/^olympus (?:ndt|imaging|corporation of)/i, 'Olympus'],
  [/^abbott medical optics/i, 'Abbott'],
  [/^rochester/i, 'Roche Diagnostics'],
  [/^beckmann/i, 'Beckman Coulter'],
  [/^cardinal scale/i, 'Cardinal Health'],
  [/bytedance/i, 'Edan'],
  [/^zoller/i, 'ZOLL'],
  [/^siemens (?:building|industr|energy|mobility|numerical|rail)/i, 'Siemens Healthineers'],
  [/^ge (?:lighting|appliances|fanuc|intelligent|digital energy|grid)/i, 'GE Healthcare'],
  [/^fujifilm business/i, 'Fujifilm'],
  [/^canon (?:inc|europe|usa|u\.s\.a|production)/i, 'Canon Medical'],
];

const VENDORS: readonly (readonly [string, RegExp])[] = [
  ['Philips', /^philips(?:$| (?:medical|health|patient|ultrasound|dxl|digital))/i],
  [
    'GE Healthcare',
    /^(?:ge (?:medical|health|vingmed|omec|hangwei|hualun|oec)|gehc\b|general electric (?:medical|health))/i,
  ],
  ['Siemens Healthineers', /^siemens(?:$| ?health| medical|, healthcare)/i],
  ['Canon Medical', /^(?:canon medical|toshiba(?:$|[_ ]mec| medical))/i],
  ['Fujifilm', /^(?:fujifilm|fuji photo film)/i],
  ['Agfa', /^agfa/i],
  ['Carestream', /^(?:carestream|kodak$)/i],
  ['Hologic', /^(?:hologic|lorad)/i],
  ['Shimadzu', /^shimadzu/i],
  ['Hitachi Aloka', /^(?:hitachi (?:aloka|medical|health)|aloka)/i],
  ['Medison', /^(?:samsung )?medison/i],
  ['Samsung Healthcare', /^samsung (?:electronics|health)/i],
  ['SonoSite', /^(?:fujifilm )?sonosite/i],
  ['Esaote', /^esaote/i],
  ['Mindray', /^(?:shenzhen )?mindray/i],
  ['Draeger', /^dr(?:ä|ae|a)ger/i],
  ['Nihon Kohden', /^nihon kohden/i],
  ['Spacelabs', /^spacelabs/i],
  ['Masimo', /^masimo/i],
  ['Welch Allyn', /^welch allyn/i],
  ['Hill-Rom', /^hill-?rom/i],
  ['Mortara', /^mortara/i],
  ['Schiller', /^schiller(?:$| ag)/i],
  ['B. Braun', /^b\.? ?braun/i],
  ['Becton Dickinson', /^(?:becton|bd$|carefusion|alaris)/i],
  ['BD Pyxis', /^pyxis/i],
  ['Baxter', /^baxter/i],
  ['ICU Medical', /^(?:icu medical|hospira|smiths medical)/i],
  ['Fresenius', /^fresenius/i],
  ['Medtronic', /^(?:medtronic|minimed|covidien)/i],
  ['Abbott', /^(?:abbott|st\.? jude)/i],
  ['Roche Diagnostics', /^roche/i],
  ['Sysmex', /^sysmex/i],
  ['Beckman Coulter', /^beckman/i],
  ['bioMerieux', /^biom[eé]rieux/i],
  ['Radiometer', /^radiometer/i],
  ['Varian', /^varian/i],
  ['Elekta', /^elekta/i],
  ['Planmeca', /^planmeca/i],
  ['Sirona', /^(?:dentsply )?sirona/i],
  ['Karl Storz', /^karl storz/i],
  ['Olympus', /^olympus(?:$| medical| winter)/i],
  ['Stryker', /^(?:stryker|physio-control)/i],
  ['ZOLL', /^zoll\b/i],
  ['Getinge', /^(?:getinge|maquet)/i],
  ['Hamilton Medical', /^hamilton medical/i],
  ['ResMed', /^resmed/i],
  ['Contec', /^contec\b/i],
  ['Edan', /^edan\b/i],
  ['Dexcom', /^dexcom/i],
  ['Insulet', /^insulet/i],
  ['Tandem Diabetes Care', /^tandem diabetes/i],
  ['Withings', /^withings/i],
  ['Omron Healthcare', /^omron health/i],
  ['Cardinal Health', /^cardinal health/i],
];

/** Short names of the manufacturers. */
export const VENDOR_NAMES: ReadonlySet<string> = new Set(VENDORS.map(([name]) => name));

const MAX_TEXT = 200;

/** The manufacturer that a text names, or only seems to name; undefined for all others. */
export function vendorIn(text: string): VendorMatch | undefined {
  const name = text.slice(0, MAX_TEXT).trim();
  const friend = FALSE_FRIENDS.find(([pattern]) => pattern.test(name));
  if (friend !== undefined) return { vendor: friend[1], falseFriend: true };
  const known = VENDORS.find(([, pattern]) => pattern.test(name));
  return known && { vendor: known[0], falseFriend: false };
}

/** Short name of the manufacturer that a text names. */
export function knownVendor(text: string): string | undefined {
  const match = vendorIn(text);
  return match?.falseFriend === false ? match.vendor : undefined;
}
