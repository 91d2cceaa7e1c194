/**
 * What elements of a data set are called and what they mean here (PS3.6 chapter 6): which ones identify a person or number
 * one, which describe the equipment, and the keywords under which keys of a query are reported.
 *
 * Identifiers are the tags of PS3.15 annex E that name a person or number one, in the kinds of HIPAA's list (45 CFR
 * 164.514(b)(2)). Left out on purpose: sex, age, descriptions, dates of studies and the institution, which identify no
 * patient by themselves and would be masked as words wherever they occur; free-text comments, which are no identifiers as
 * a whole. Keywords are not complete: other tags are written `(gggg,eeee)`.
 */

import type { PhiKind } from '../../../model/identifiers.ts';

/** One number per tag. */
export function tag(group: number, element: number): number {
  return group * 0x10000 + element;
}

/** `(0010,0020)`. */
export function tagText(group: number, element: number): string {
  const four = (number: number) => number.toString(16).toUpperCase().padStart(4, '0');
  return `(${four(group)},${four(element)})`;
}

/** Keyword, and the kind of identifier when it is one. */
const KNOWN: readonly (readonly [group: number, element: number, keyword: string, kind?: PhiKind])[] = [
  [0x0008, 0x0016, 'SOPClassUID'],
  [0x0008, 0x0018, 'SOPInstanceUID'],
  [0x0008, 0x0020, 'StudyDate'],
  [0x0008, 0x0021, 'SeriesDate'],
  [0x0008, 0x0022, 'AcquisitionDate'],
  [0x0008, 0x0030, 'StudyTime'],
  [0x0008, 0x0031, 'SeriesTime'],
  [0x0008, 0x0050, 'AccessionNumber', 'accession'],
  [0x0008, 0x0055, 'StationAETitle'],
  [0x0008, 0x0060, 'Modality'],
  [0x0008, 0x0061, 'ModalitiesInStudy'],
  [0x0008, 0x0062, 'SOPClassesInStudy'],
  [0x0008, 0x0070, 'Manufacturer'],
  [0x0008, 0x0080, 'InstitutionName'],
  [0x0008, 0x0081, 'InstitutionAddress'],
  [0x0008, 0x0090, 'ReferringPhysicianName', 'physician_name'],
  [0x0008, 0x009c, 'ConsultingPhysicianName', 'physician_name'],
  [0x0008, 0x1010, 'StationName'],
  [0x0008, 0x1030, 'StudyDescription'],
  [0x0008, 0x103e, 'SeriesDescription'],
  [0x0008, 0x1040, 'InstitutionalDepartmentName'],
  [0x0008, 0x1048, 'PhysiciansOfRecord', 'physician_name'],
  [0x0008, 0x1050, 'PerformingPhysicianName', 'physician_name'],
  [0x0008, 0x1060, 'NameOfPhysiciansReadingStudy', 'physician_name'],
  [0x0008, 0x1070, 'OperatorsName', 'operator_name'],
  [0x0008, 0x1080, 'AdmittingDiagnosesDescription'],
  [0x0008, 0x1090, 'ManufacturerModelName'],
  [0x0010, 0x0010, 'PatientName', 'patient_name'],
  [0x0010, 0x0020, 'PatientID', 'mrn'],
  [0x0010, 0x0021, 'IssuerOfPatientID'],
  [0x0010, 0x0030, 'PatientBirthDate', 'birth_date'],
  [0x0010, 0x0032, 'PatientBirthTime'],
  [0x0010, 0x0040, 'PatientSex'],
  [0x0010, 0x1000, 'OtherPatientIDs', 'mrn'],
  [0x0010, 0x1001, 'OtherPatientNames', 'alias'],
  [0x0010, 0x1005, 'PatientBirthName', 'alias'],
  [0x0010, 0x1010, 'PatientAge'],
  [0x0010, 0x1020, 'PatientSize'],
  [0x0010, 0x1030, 'PatientWeight'],
  [0x0010, 0x1040, 'PatientAddress', 'address'],
  [0x0010, 0x1050, 'InsurancePlanIdentification', 'insurance_id'],
  [0x0010, 0x1060, 'PatientMotherBirthName', 'mothers_maiden_name'],
  [0x0010, 0x1090, 'MedicalRecordLocator', 'mrn'],
  [0x0010, 0x2154, 'PatientTelephoneNumbers', 'phone'],
  [0x0010, 0x2155, 'PatientTelecomInformation', 'phone'],
  [0x0010, 0x2160, 'EthnicGroup'],
  [0x0010, 0x2180, 'Occupation'],
  [0x0010, 0x2297, 'ResponsiblePerson', 'relative_name'],
  [0x0010, 0x4000, 'PatientComments'],
  [0x0012, 0x0040, 'ClinicalTrialSubjectID', 'mrn'],
  [0x0018, 0x0015, 'BodyPartExamined'],
  [0x0018, 0x1000, 'DeviceSerialNumber'],
  [0x0018, 0x1020, 'SoftwareVersions'],
  [0x0018, 0x1030, 'ProtocolName'],
  [0x0020, 0x000d, 'StudyInstanceUID'],
  [0x0020, 0x000e, 'SeriesInstanceUID'],
  [0x0020, 0x0010, 'StudyID', 'study_id'],
  [0x0020, 0x0011, 'SeriesNumber'],
  [0x0020, 0x0013, 'InstanceNumber'],
  [0x0020, 0x1200, 'NumberOfPatientRelatedStudies'],
  [0x0020, 0x1202, 'NumberOfPatientRelatedSeries'],
  [0x0020, 0x1204, 'NumberOfPatientRelatedInstances'],
  [0x0020, 0x1206, 'NumberOfStudyRelatedSeries'],
  [0x0020, 0x1208, 'NumberOfStudyRelatedInstances'],
  [0x0020, 0x1209, 'NumberOfSeriesRelatedInstances'],
  [0x0032, 0x1032, 'RequestingPhysician', 'physician_name'],
  [0x0032, 0x1060, 'RequestedProcedureDescription'],
  [0x0038, 0x0010, 'AdmissionID', 'admission_id'],
  [0x0038, 0x0060, 'ServiceEpisodeID', 'admission_id'],
  [0x0038, 0x0300, 'CurrentPatientLocation'],
  [0x0038, 0x0500, 'PatientState'],
  [0x0040, 0x0001, 'ScheduledStationAETitle'],
  [0x0040, 0x0002, 'ScheduledProcedureStepStartDate'],
  [0x0040, 0x0003, 'ScheduledProcedureStepStartTime'],
  [0x0040, 0x0006, 'ScheduledPerformingPhysicianName', 'physician_name'],
  [0x0040, 0x0007, 'ScheduledProcedureStepDescription'],
  [0x0040, 0x0009, 'ScheduledProcedureStepID'],
  [0x0040, 0x0010, 'ScheduledStationName'],
  [0x0040, 0x0011, 'ScheduledProcedureStepLocation'],
  [0x0040, 0x0244, 'PerformedProcedureStepStartDate'],
  [0x0040, 0x0245, 'PerformedProcedureStepStartTime'],
  [0x0040, 0x0253, 'PerformedProcedureStepID'],
  [0x0040, 0x1001, 'RequestedProcedureID'],
  [0x0040, 0x1003, 'RequestedProcedurePriority'],
  [0x0040, 0x1010, 'NamesOfIntendedRecipientsOfResults', 'physician_name'],
  [0x0040, 0x2008, 'OrderEnteredBy', 'operator_name'],
  [0x0040, 0x2010, 'OrderCallbackPhoneNumber', 'phone'],
  [0x0040, 0x4037, 'HumanPerformerName', 'operator_name'],
  [0x0040, 0xa075, 'VerifyingObserverName', 'physician_name'],
  [0x0040, 0xa123, 'PersonName', 'physician_name'],
  [0x0070, 0x0084, 'ContentCreatorName', 'operator_name'],
  [0x300e, 0x0008, 'ReviewerName', 'physician_name'],
];

const KEYWORDS: ReadonlyMap<number, string> = new Map(
  KNOWN.map(([group, element, keyword]) => [tag(group, element), keyword]),
);

/** Kind of identifier by tag. */
export const PATIENT_TAGS: ReadonlyMap<number, PhiKind> = new Map(
  KNOWN.flatMap(([group, element, , kind]) => (kind === undefined ? [] : [[tag(group, element), kind]])),
);

/** Kinds in the order they are reported, the most telling about a patient first. */
export const KIND_ORDER: readonly PhiKind[] = [
  ...new Set<PhiKind>(['mrn', 'patient_name', ...PATIENT_TAGS.values()]),
];

/** Keyword of PS3.6, or the tag itself. */
export function keywordOf(group: number, element: number): string {
  return KEYWORDS.get(tag(group, element)) ?? tagText(group, element);
}

/** The equipment an object came from. */
export interface Equipment {
  modality?: string | undefined;
  manufacturer?: string | undefined;
  model?: string | undefined;
  station_name?: string | undefined;
  station_ae?: string | undefined;
  device_serial?: string | undefined;
  software_versions?: string | undefined;
}

export const EQUIPMENT_TAGS: ReadonlyMap<number, keyof Equipment> = new Map([
  [tag(0x0008, 0x0055), 'station_ae'],
  [tag(0x0008, 0x0060), 'modality'],
  [tag(0x0008, 0x0070), 'manufacturer'],
  [tag(0x0008, 0x1010), 'station_name'],
  [tag(0x0008, 0x1090), 'model'],
  [tag(0x0018, 0x1000), 'device_serial'],
  [tag(0x0018, 0x1020), 'software_versions'],
]);

export const SPECIFIC_CHARACTER_SET: number = tag(0x0008, 0x0005);
export const QUERY_LEVEL: number = tag(0x0008, 0x0052);
/** State of a performed procedure step, and of a unified one. */
export const STEP_STATUS: ReadonlySet<number> = new Set([tag(0x0040, 0x0252), tag(0x0074, 0x1000)]);
export const REFERENCED_INSTANCE: number = tag(0x0008, 0x1155);
export const FAILURE_REASON: number = tag(0x0008, 0x1197);
export const SOP_CLASS: number = tag(0x0008, 0x0016);

/** Elements of an identifier that restrict nothing: character set, level, view, AE title, availability, time zone. */
export const NO_MATCH_KEYS: ReadonlySet<number> = new Set([
  SPECIFIC_CHARACTER_SET,
  QUERY_LEVEL,
  tag(0x0008, 0x0053),
  tag(0x0008, 0x0054),
  tag(0x0008, 0x0056),
  tag(0x0008, 0x0201),
]);

/** UIDs that end up in file names at the receiver: SOP class, SOP instance, study, series. */
export const OBJECT_UIDS: ReadonlySet<number> = new Set([
  SOP_CLASS,
  tag(0x0008, 0x0018),
  tag(0x0020, 0x000d),
  tag(0x0020, 0x000e),
]);
