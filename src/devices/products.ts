/**
 * Products by the names they give themselves: model names of DICOM, LLDP, mDNS and SNMP, banners, user agents, vendor classes
 * of DHCP, applications of HL7. A table to be read and added to: what the text holds, who makes it, which type of device
 * it is, and how much of the text's own confidence that deserves (`weight`; 1 is all).
 *
 * Product names are the makers' own. A name counts as a word: `CT` in `DIRECT` is none. The first row that fits decides,
 * so that a gateway named after the monitors it serves comes before them. Toolkits that stand in many products say nothing
 * of the product and are listed as such.
 */

/** A product named in a text. */
export interface Product {
  /** Undefined where the name alone does not tell. */
  readonly vendor: string | undefined;
  readonly type: string;
  readonly weight: number;
  /** The words that were found. */
  readonly words: string;
}

type Row = readonly [pattern: RegExp, vendor: string | undefined, type: string, weight: number];

const SURE = 0.95;
const LIKELY = 0.8;
const PERHAPS = 0.5;

/** The table. */
export const PRODUCT_ROWS: readonly Row[] = [
  // Servers and gateways that are named after what they serve.
  [/\bIntelliVue Information Cent(?:er|re)|\bPIIC\b/i, 'Philips', 'central-station', SURE],
  [/\bCARESCAPE (?:Central|Gateway)|\bCIC Pro\b/i, 'GE Healthcare', 'central-station', LIKELY],
  [/\bBeneVision (?:CMS|Central)/i, 'Mindray', 'central-station', SURE],
  [
    /\bAlaris Systems? Manager|\bSpaceOnline\b|\bLink\+ ?Agilia|\bMedNet\b/i,
    undefined,
    'pump-server',
    LIKELY,
  ],
  [/\bDataCaptor|\bCapsule (?:Neuron|Axon)/i, 'Capsule', 'terminal-server', LIKELY],
  [
    /\bMirth\b|\bNextGen Connect|\bRhapsody\b|\bCloverleaf\b|\bCorepoint\b|\bIguana\b|\bHealthShare\b/i,
    undefined,
    'interface-engine',
    LIKELY,
  ],
  // Monitors.
  [/\bIntelliVue|\bEfficia ?CM|\bSureSigns/i, 'Philips', 'patient-monitor', SURE],
  [/\bCARESCAPE\b|\bApexPro\b|\bDash ?[3-5]000\b/i, 'GE Healthcare', 'patient-monitor', SURE],
  [/\bCorometrics/i, 'GE Healthcare', 'fetal-monitor', SURE],
  [/\bInfinity (?:Delta|Gamma|Kappa|Vista|M540|Acute)/i, 'Draeger', 'patient-monitor', SURE],
  [/\bBene(?:Vision|View)\b/i, 'Mindray', 'patient-monitor', SURE],
  [/\bCMS ?[89]\d00\b/i, 'Contec', 'patient-monitor', LIKELY],
  // Pumps.
  [/\bAlaris\b/i, 'Becton Dickinson', 'infusion-pump', SURE],
  [/\bPlum (?:A\+|360|Duo|Solo)|\bLifeCare PCA|\bSymbiq\b/i, 'ICU Medical', 'infusion-pump', SURE],
  [/\bMedfusion\b/i, 'ICU Medical', 'syringe-pump', SURE],
  [/\bSigma Spectrum|\bSpectrum IQ\b/i, 'Baxter', 'infusion-pump', SURE],
  [/\bPerfusor/i, 'B. Braun', 'syringe-pump', SURE],
  [/\bInfusomat|\bSpace(?:Com|Station)\b/i, 'B. Braun', 'infusion-pump', SURE],
  [/\bAgilia\b/i, 'Fresenius', 'infusion-pump', SURE],
  [/\bBeneFusion\b/i, 'Mindray', 'infusion-pump', SURE],
  [/\bPyxis\b/i, 'BD Pyxis', 'medication-cabinet', LIKELY],
  [/\bOmnicell\b/i, 'Omnicell', 'medication-cabinet', LIKELY],
  // Ventilation and anaesthesia.
  [/\bPerseus A500|\bPrimus (?:IE|Infinity)|\bApollo anesthesia|\bZeus IE/i, 'Draeger', 'anaesthesia', SURE],
  [/\bBabylog|\bEvita\b|\bSavina\b/i, 'Draeger', 'ventilator', SURE],
  [/\bAisys\b|\bAespire\b|\bAvance CS2/i, 'GE Healthcare', 'anaesthesia', SURE],
  [/\bSERVO-[iunas]\b/i, 'Getinge', 'ventilator', SURE],
  [/\bHAMILTON-[CTGS]\d/i, 'Hamilton Medical', 'ventilator', SURE],
  [/\bLIFEPAK/i, 'Stryker', 'defibrillator', SURE],
  // Imaging.
  [/\bSOMATOM/i, 'Siemens Healthineers', 'ct', SURE],
  [/\bMAGNETOM/i, 'Siemens Healthineers', 'mr', SURE],
  [/\bACUSON/i, 'Siemens Healthineers', 'ultrasound', SURE],
  [/\bARTIS\b|\bAXIOM\b/i, 'Siemens Healthineers', 'xray', LIKELY],
  [/\bMAMMOMAT/i, 'Siemens Healthineers', 'mammography', SURE],
  [/\bBiograph\b|\bSymbia\b/i, 'Siemens Healthineers', 'nuclear', SURE],
  [/\bsyngo\b/i, 'Siemens Healthineers', 'dicom-workstation', PERHAPS],
  [/\b(?:Light|Bright)Speed\b|\b(?:Optima|Revolution|Discovery) CT/i, 'GE Healthcare', 'ct', SURE],
  [/\bSIGNA\b/i, 'GE Healthcare', 'mr', SURE],
  [/\bLOGIQ\b|\bVoluson\b|\bVivid [ESTqi]/i, 'GE Healthcare', 'ultrasound', SURE],
  [/\bCentricity\b/i, 'GE Healthcare', 'pacs', LIKELY],
  [/\bDigitalDiagnost|\bAzurion\b|\bAllura\b/i, 'Philips', 'xray', SURE],
  [/\bIngenuity CT|\bBrilliance (?:CT|\d)|\biCT \d/i, 'Philips', 'ct', SURE],
  [/\bIngenia\b|\bAchieva\b/i, 'Philips', 'mr', SURE],
  [/\bEPIQ\b|\bAffiniti\b|\biU22\b/i, 'Philips', 'ultrasound', SURE],
  [/\bPageWriter\b/i, 'Philips', 'ecg', SURE],
  [/\bAquilion/i, 'Canon Medical', 'ct', SURE],
  [/\bAplio\b|\bXario\b/i, 'Canon Medical', 'ultrasound', SURE],
  [/\bInfinix\b/i, 'Canon Medical', 'xray', SURE],
  [/\bORTHANC\b/i, undefined, 'pacs', PERHAPS],
  [/\bdcm4chee\b|\bConquest\b/i, undefined, 'pacs', LIKELY],
  [/\bOsiriX|\bHoros\b|\bRadiAnt\b|\bWeasis\b|\bMicroDicom/i, undefined, 'dicom-workstation', LIKELY],
  // Laboratory and point of care.
  [/\bX[NES]-?\d{3,4}[a-z]?\b/, 'Sysmex', 'lab-analyzer', SURE],
  [/\bAccu-?Chek|\bCoaguChek|\bcobas (?:b|h) ?\d|\bLiat\b/i, 'Roche Diagnostics', 'poc-analyzer', SURE],
  [/\bcobas\b/i, 'Roche Diagnostics', 'lab-analyzer', SURE],
  [/\bi-?STAT\b/i, 'Abbott', 'poc-analyzer', SURE],
  [/\bAlinity\b|\bARCHITECT (?:c|i|ci)\d/i, 'Abbott', 'lab-analyzer', SURE],
  [/\bRAPID(?:Point|Lab)\b|\bCLINITEK/i, 'Siemens Healthineers', 'poc-analyzer', SURE],
  [/\bADVIA\b|\bAtellica\b/i, 'Siemens Healthineers', 'lab-analyzer', SURE],
  [/\bABL ?\d{2,3}(?: FLEX)?\b/, 'Radiometer', 'poc-analyzer', LIKELY],
  [/\bGEM ?Premier\b/i, 'Instrumentation Laboratory', 'poc-analyzer', SURE],
  [/\bUniCel\b|\bDx[IHC] ?\d{3,4}\b/i, 'Beckman Coulter', 'lab-analyzer', SURE],
  [/\bVITEK\b|\bVIDAS\b|\bBacT\/ALERT/i, 'bioMerieux', 'lab-analyzer', SURE],
  // Around the bed.
  [/\bVocera\b/i, 'Vocera', 'nurse-call', SURE],
  [/\bTransLogic\b/i, 'Translogic (Swisslog)', 'pneumatic-tube', SURE],
  // Consumer devices.
  [/\bWithings (?:BPM|Blood)/i, 'Withings', 'blood-pressure-monitor', SURE],
  [/\bSense-?U\b/i, 'Sense-U', 'baby-monitor', LIKELY],
  // General equipment.
  [
    /\bNPort\b|\bMGate\b|\bPortServer\b|\bDigi (?:Connect|One|TS)\b|\bXPort\b|\bUDS\d{3,4}\b|\bIOLAN\b/i,
    undefined,
    'terminal-server',
    SURE,
  ],
  [/\bLantronix\b|\bMoxa\b|\bDigi International/i, undefined, 'terminal-server', LIKELY],
  [/\bIP Phone\b|\bSEP[0-9A-F]{12}\b|\bPolycom\b|\bYealink\b|\bsnom\b/i, undefined, 'phone', LIKELY],
  [
    /\bLaserJet|\bOfficeJet|\bJetDirect|\bPageWide|\bLexmark|\bKyocera|\bZebra\b|\bZTC\b|\bBrother (?:HL|MFC|DCP|QL)|\bRICOH\b|\bXerox\b|\bKONICA MINOLTA/i,
    undefined,
    'printer',
    LIKELY,
  ],
  [
    /\bAXIS\b.{0,40}\b(?:Camera|\d{4})|\bHikvision\b|\bDahua\b|\bNetwork Camera\b/i,
    undefined,
    'camera',
    LIKELY,
  ],
  [
    /\bSIMATIC\b|\bS7-?\d{3,4}\b|\b(?:Compact|Control|Micro)Logix\b|\bModicon\b|\b17(?:56|69)-L/i,
    undefined,
    'plc',
    LIKELY,
  ],
  [
    /\bCatalyst\b|\bCisco (?:IOS|NX-OS)|\bNX-OS\b|\bProCurve\b|\bArubaOS|\bEXOS\b|\bJUNOS\b/i,
    undefined,
    'switch',
    LIKELY,
  ],
  [/\bpfSense\b|\bOPNsense\b|\bFortiGate\b|\bPAN-OS\b/i, undefined, 'gateway', LIKELY],
  [/\bSynology\b|\bQNAP\b|\bTrueNAS\b|\bFreeNAS\b/i, undefined, 'storage', LIKELY],
  [/\bNmap Scripting Engine|\bNessus\b|\bOpenVAS\b|\bQualys\b/i, undefined, 'scanner', LIKELY],
  [/\bWindows (?:NT )?Server\b|\bWindows Server\b/i, undefined, 'server', LIKELY],
  [/\biPhone\b|\biPad\b|\bandroid-dhcp|\bAndroid \d/i, undefined, 'mobile', SURE],
  [
    /\bWindows NT \d+\.\d;|\bWindows (?:7|8|10|11|XP|Vista)\b|\bMSFT 5\.0\b/i,
    undefined,
    'workstation',
    PERHAPS,
  ],
];

/** Libraries that stand in many products. */
const TOOLKITS =
  /\bOFFIS_DCMTK|\bdcm4che-|\bPYNETDICOM|\bPYDICOM|\bGDCM|\bMERGECOM|\bcurl\/|\bpython-requests|\bnginx\b|\bApache\b|\bOpenSSH_|\bdropbear|\bLinux\b/i;

const MAX_TEXT = 256;

/** The product a text names. */
export function productIn(text: string): Product | undefined {
  const shown = text.slice(0, MAX_TEXT);
  for (const [pattern, vendor, type, weight] of PRODUCT_ROWS) {
    const words = pattern.exec(shown)?.[0];
    if (words !== undefined) return { vendor, type, weight, words };
  }
  return undefined;
}

/** Whether an application entity title is one of an archive, router or gateway of images. */
export function isArchiveTitle(title: string): boolean {
  return /archiv|pacs|vna|router|gateway|orthanc|dcm4chee|conquest/i.test(title.slice(0, MAX_TEXT));
}

/** Whether a text names a library or server program that many products are built with. */
export function isToolkit(text: string): boolean {
  return TOOLKITS.test(text.slice(0, MAX_TEXT));
}
