/**
 * Numbers of the IntelliVue Data Export Interface (Philips Data Export Interface Programming Guide) and their names: object
 * classes, events, actions, attributes, errors. Only what is logged is listed; everything else is written as a number.
 */
import { BED_LABEL } from '../mds-attributes.ts';

/** Object classes (chapter "Attribute Data Types and Constants Used"). */
export const MDS = 0x0021;
export const PATIENT_DEMOGRAPHICS = 0x002a;
const OBJECTS: ReadonlyMap<number, string> = new Map([
  [0x0006, 'numeric'],
  [0x0009, 'waveform'],
  [MDS, 'mds'],
  [0x0023, 'mds_single_bed'],
  [0x0025, 'mds_simple'],
  [0x0029, 'battery'],
  [PATIENT_DEMOGRAPHICS, 'patient_demographics'],
  [0x0036, 'alert_monitor'],
]);

export const MDS_CREATE = 0x0d06;
export const CONNECT_INDICATION = 0x0d17;
const EVENTS: ReadonlyMap<number, string> = new Map([
  [MDS_CREATE, 'mds_create'],
  [CONNECT_INDICATION, 'connect_indication'],
]);

export const POLL = 0x0c16;
export const EXTENDED_POLL = 0xf13b;

/** Attributes that clients write. */
const WRITTEN: ReadonlyMap<number, string> = new Map([
  [0xf228, 'numeric_priority_list'],
  [0xf23a, 'wave_priority_list'],
  [BED_LABEL, 'bed_label'],
  [0x0987, 'date_and_time'],
  [0x095a, 'patient_id'],
  [0xf001, 'patient_internal_id'],
  [0x095c, 'patient_family_name'],
  [0x095d, 'patient_given_name'],
  [0x0958, 'patient_birth_date'],
  [0x0961, 'patient_sex'],
]);

const ERRORS: ReadonlyMap<number, string> = new Map([
  [0, 'no_such_object_class'],
  [1, 'no_such_object_instance'],
  [2, 'access_denied'],
  [7, 'get_list_error'],
  [8, 'set_list_error'],
  [9, 'no_such_action'],
  [10, 'processing_failure'],
  [15, 'invalid_argument_value'],
  [16, 'invalid_scope'],
  [17, 'invalid_object_instance'],
]);

export const objectName = (code: number): string => OBJECTS.get(code) ?? `0x${code.toString(16)}`;
export const eventName = (code: number): string => EVENTS.get(code) ?? `0x${code.toString(16)}`;
export const attributeName = (code: number): string => WRITTEN.get(code) ?? `0x${code.toString(16)}`;
export const errorName = (code: number): string => ERRORS.get(code) ?? `error ${code}`;
export const isError = (code: number): boolean => ERRORS.has(code);
