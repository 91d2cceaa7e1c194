/**
 * Device types: the words an inventory may use under `type`, and what each implies. Data only.
 *
 * `medical` is drawn where regulators draw it: devices that treat, monitor, diagnose or image patients, and the systems
 * that are part of them by law or in effect (image archives and reading stations, central stations, drug-library servers,
 * the serial converter in front of a device). Clinical information systems (record, laboratory, radiology, interface
 * engine) and computers and network equipment of general use are not, even in a medical zone.
 *
 * `criticality` is the default when the inventory gives none; what harm the loss of the device can do (after the classes
 * of IEC 62304 and of the asset inventories that hospitals keep):
 * - `life-sustaining`: a patient can die within minutes, or its alarm is what keeps somebody alive;
 * - `therapeutic`: it acts on the patient;
 * - `diagnostic`: a wrong or late result changes treatment;
 * - `support`: care goes on without it, with more work;
 * - `none`: not part of care.
 */
import type { Criticality } from '../model/device.ts';

/** What a device type implies. */
export interface DeviceType {
  readonly medical: boolean;
  readonly criticality: Criticality;
  /** One line: what counts as this type. */
  readonly doc: string;
}

function medical(criticality: Criticality, doc: string): DeviceType {
  return { medical: true, criticality, doc };
}

function general(criticality: Criticality, doc: string): DeviceType {
  return { medical: false, criticality, doc };
}

/** Every type an inventory may use, in the order of the reference page. */
export const DEVICE_TYPES: ReadonlyMap<string, DeviceType> = new Map([
  ['ventilator', medical('life-sustaining', 'Intensive care, transport or home ventilator.')],
  ['anaesthesia', medical('life-sustaining', 'Anaesthesia workstation.')],
  ['heart-lung-machine', medical('life-sustaining', 'Heart-lung machine, ECMO.')],
  ['defibrillator', medical('life-sustaining', 'Defibrillator, also with monitor.')],
  ['dialysis', medical('life-sustaining', 'Haemodialysis or peritoneal dialysis machine.')],
  ['incubator', medical('life-sustaining', 'Infant incubator or warmer.')],
  ['patient-monitor', medical('life-sustaining', 'Bedside, transport or telemetry monitor.')],
  ['central-station', medical('life-sustaining', 'Central monitoring station: where alarms are heard.')],
  ['infusion-pump', medical('therapeutic', 'Large-volume, ambulatory or enteral pump.')],
  ['syringe-pump', medical('therapeutic', 'Syringe pump.')],
  ['insulin-pump-controller', medical('therapeutic', 'Controller or receiver of an insulin pump.')],
  ['pump-server', medical('therapeutic', 'Server of drug libraries and pump programming.')],
  ['contrast-injector', medical('therapeutic', 'Contrast injector.')],
  ['radiotherapy', medical('therapeutic', 'Linear accelerator, brachytherapy, its control and planning.')],
  ['surgical', medical('therapeutic', 'Surgical robot, electrosurgery, laser, operating table.')],
  [
    'implant-programmer',
    medical('therapeutic', 'Programmer or home monitor of cardiac and neural implants.'),
  ],
  ['medication-cabinet', medical('therapeutic', 'Automated dispensing cabinet.')],
  ['ecg', medical('diagnostic', 'Electrocardiograph, stress test, Holter reader.')],
  ['fetal-monitor', medical('diagnostic', 'Cardiotocograph.')],
  ['eeg', medical('diagnostic', 'EEG, EMG and other neurophysiology.')],
  ['spirometer', medical('diagnostic', 'Spirometry and other lung function.')],
  ['endoscopy', medical('diagnostic', 'Endoscopy tower or video processor.')],
  ['ct', medical('diagnostic', 'Computed tomography.')],
  ['mr', medical('diagnostic', 'Magnetic resonance.')],
  ['xray', medical('diagnostic', 'Radiography, fluoroscopy, angiography, C-arm.')],
  ['ultrasound', medical('diagnostic', 'Ultrasound scanner.')],
  ['mammography', medical('diagnostic', 'Mammography.')],
  ['nuclear', medical('diagnostic', 'Gamma camera, SPECT, PET.')],
  ['dental', medical('diagnostic', 'Dental imaging or treatment unit.')],
  ['imaging', medical('diagnostic', 'Imaging equipment of another or unknown modality.')],
  ['pacs', medical('diagnostic', 'Image archive, also vendor-neutral archive and DICOM router.')],
  ['dicom-workstation', medical('diagnostic', 'Reading or post-processing workstation.')],
  ['ris', general('support', 'Radiology information system, worklist server.')],
  ['lab-analyzer', medical('diagnostic', 'Laboratory analyzer or automation line.')],
  ['poc-analyzer', medical('diagnostic', 'Point-of-care analyzer: blood gas, glucose, coagulation.')],
  ['lis', general('support', 'Laboratory information system or its middleware.')],
  ['ehr', general('support', 'Electronic health record, hospital information system.')],
  ['interface-engine', general('support', 'HL7 or FHIR interface engine, device integration server.')],
  ['nurse-call', medical('support', 'Nurse call system, staff communication badge.')],
  ['bed', medical('support', 'Networked bed or mattress.')],
  ['terminal-server', medical('support', 'Serial-to-network converter in front of a device.')],
  ['medical-other', medical('diagnostic', 'Medical device of a type not in this list.')],
  ['gateway', general('support', 'Router, firewall, or gateway that passes other hosts’ traffic on.')],
  ['resolver', general('support', 'DNS resolver; its answers are trusted.')],
  ['server', general('support', 'Server of general use.')],
  ['workstation', general('none', 'Desktop or notebook computer.')],
  ['mobile', general('none', 'Telephone or tablet.')],
  [
    'cgm-companion',
    general('support', 'Companion (phone or device) of a glucose sensor; a patient’s or visitor’s.'),
  ],
  [
    'insulin-pump-companion',
    general('support', 'Companion (phone or device) of an insulin pump; a patient’s or visitor’s.'),
  ],
  ['health-companion', general('none', 'Consumer health device, or the phone it talks through.')],
  ['blood-pressure-monitor', general('none', 'Blood-pressure monitor for the home.')],
  ['baby-monitor', general('none', 'Baby monitor for the home.')],
  ['printer', general('none', 'Printer, label printer, scanner.')],
  ['camera', general('none', 'Camera of building security.')],
  ['phone', general('none', 'IP telephone.')],
  ['display', general('none', 'Display, signage, television.')],
  ['switch', general('support', 'Switch or wireless access point.')],
  ['storage', general('support', 'Network storage, backup.')],
  ['plc', general('support', 'Programmable logic controller.')],
  ['building-control', general('support', 'Heating, ventilation, access, lift and power control.')],
  ['pneumatic-tube', general('support', 'Pneumatic tube system.')],
  ['medical-gas', general('support', 'Monitoring of medical gas supply.')],
  ['scanner', general('none', 'Vulnerability scanner or asset discovery.')],
  ['other', general('none', 'Something else that is known.')],
  ['unknown', general('none', 'Not yet known; to be reviewed.')],
]);
