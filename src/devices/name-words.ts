/**
 * What people call a device says what they take it for: `ct-01`, `PUMP7`, `mon-gw`. Names are hints. They are typed by hand,
 * outlive the device, and anybody can choose one; alone they never make a type.
 *
 * A name is cut into words at dots, dashes, underscores, blanks and between letters and digits; only the first label of a
 * domain name is looked at. Abbreviations count less than words that can hardly be anything else. The first row that
 * fits decides, so `mon-gw` is a gateway.
 */

/** A word found in a name. */
export interface NameWord {
  readonly word: string;
  readonly type: string;
  /** How much of the name's own confidence it deserves. */
  readonly weight: number;
}

const WORD = 0.9;
const SHORT = 0.75;
const VAGUE = 0.5;

/** The table. */
export const NAME_ROWS: readonly (readonly [type: string, weight: number, words: string])[] = [
  ['gateway', SHORT, 'gw gateway router rtr firewall fw'],
  ['switch', SHORT, 'switch sw wlc accesspoint'],
  ['pump-server', WORD, 'pumpserver druglibrary'],
  ['central-station', WORD, 'piic centralstation cns'],
  ['ventilator', WORD, 'ventilator respirator beatmung'],
  ['ventilator', SHORT, 'vent'],
  ['anaesthesia', WORD, 'anaesthesia anesthesia narkose'],
  ['dialysis', WORD, 'dialysis dialyse'],
  ['incubator', WORD, 'incubator inkubator'],
  ['defibrillator', WORD, 'defibrillator defib defi'],
  ['infusion-pump', WORD, 'pump pumpe infusion pca'],
  ['syringe-pump', WORD, 'syringe spritzenpumpe'],
  ['fetal-monitor', WORD, 'ctg fetal'],
  ['patient-monitor', WORD, 'bedside bettmonitor'],
  ['patient-monitor', VAGUE, 'monitor mon'],
  ['ct', SHORT, 'ct ctroom'],
  ['mr', SHORT, 'mr mri mrt mrroom'],
  ['ultrasound', WORD, 'ultrasound sono sonography'],
  ['ultrasound', VAGUE, 'us'],
  ['xray', WORD, 'xray roentgen carm angio fluoro'],
  ['xray', VAGUE, 'xr dx cr'],
  ['mammography', WORD, 'mammo mammography'],
  ['nuclear', WORD, 'spect petct gamma'],
  ['endoscopy', WORD, 'endo endoscopy'],
  ['ecg', WORD, 'ecg ekg holter'],
  ['eeg', WORD, 'eeg emg'],
  ['pacs', WORD, 'pacs vna'],
  ['dicom-workstation', WORD, 'viewer befund radws reading'],
  ['ris', SHORT, 'ris worklist mwl'],
  ['lab-analyzer', WORD, 'analyzer analyser'],
  ['poc-analyzer', SHORT, 'poc bga bloodgas'],
  ['lis', SHORT, 'lis'],
  ['ehr', SHORT, 'ehr emr kis his'],
  ['interface-engine', WORD, 'mirth rhapsody cloverleaf'],
  ['interface-engine', SHORT, 'engine interface'],
  ['nurse-call', WORD, 'nursecall schwesternruf lichtruf'],
  ['medication-cabinet', WORD, 'pyxis omnicell'],
  ['terminal-server', WORD, 'nport portserver termserver'],
  ['building-control', SHORT, 'bms hvac bacnet'],
  ['printer', WORD, 'printer drucker zebra'],
  ['printer', SHORT, 'prn prt npi'],
  ['camera', WORD, 'camera ipcam webcam'],
  ['camera', SHORT, 'cam'],
  ['phone', WORD, 'voip sip'],
  ['storage', SHORT, 'nas backup'],
  ['server', SHORT, 'server srv files fileserver dc sql db mail web ntp dns'],
  ['mobile', WORD, 'iphone ipad android galaxy'],
  ['workstation', SHORT, 'desktop laptop notebook desk pc workstation'],
];

const BY_WORD: readonly (readonly [ReadonlyMap<string, true>, string, number])[] = NAME_ROWS.map(
  ([type, weight, words]) => [new Map(words.split(' ').map(word => [word, true])), type, weight],
);
/** Endings that stand for a word of their own: `MONGW`, `RADPACS`. */
const ENDINGS: readonly (readonly [RegExp, string])[] = [
  [/^[a-z]{2,8}(gw)$/, 'gateway'],
  [/^[a-z]{2,8}(pacs)$/, 'pacs'],
  [/^[a-z]{2,8}(srv)$/, 'server'],
];

const MAX_NAME = 80;

/** What a name says its bearer is. */
export function nameWord(name: string): NameWord | undefined {
  const words = wordsOf(name);
  for (const [known, type, weight] of BY_WORD) {
    const word = words.find(each => known.has(each));
    if (word !== undefined) return { word, type, weight };
  }
  for (const [pattern, type] of ENDINGS) {
    const word = words.map(each => pattern.exec(each)?.[1]).find(found => found !== undefined);
    if (word !== undefined) return { word, type, weight: SHORT };
  }
  return undefined;
}

function wordsOf(name: string): string[] {
  // A domain name's later labels name the site, not the host.
  const own = /^[\w-]+(?:\.[\w-]+)+$/.test(name) ? name.slice(0, name.indexOf('.')) : name;
  return (
    own
      .slice(0, MAX_NAME)
      .toLowerCase()
      .match(/\p{L}+/gu) ?? []
  );
}
