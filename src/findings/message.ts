/**
 * The sentence of a finding: a rule's template with the fields of its first record put in.
 *
 * What the record lacks:
 * - an absent `orig_device` or `resp_device` is replaced by that side's address, and `{orig_device} ({id.orig_h})`
 *   then shows the address once;
 * - an absent field alone in brackets, or right after another field, is dropped with its brackets or spaces;
 * - any other absent field becomes `?`, so that the sentence keeps its shape.
 *
 * Values are put in last and never searched again: text from the wire cannot take part in the template. They are
 * cut at `MAX_VALUE` characters and are not made safe to show; that is the encoder's work in the report.
 */
import type { RuleInfo } from '../model/finding.ts';
import type { Value } from '../model/schema.ts';
import { nameOf, type RecordFields, sidesOf } from './sides.ts';

/** Longest value shown in a message, in characters. */
const MAX_VALUE = 200;

// Last second a Date can hold (ECMA-262 section 21.4.1.1).
const MAX_DATE_SEC = 8.64e12;

const PLACEHOLDER = /\{([\w.]+)\}/g;
const DEVICE_WITH_ADDRESS = /\{(orig|resp)_device\} \(\{id\.\1_h\}\)/g;
// Stands where an absent field was while the template is tidied. No template can hold it: YAML refuses NUL.
const ABSENT = '\u0000';

/** The message of a match. */
export function renderMessage(rule: RuleInfo, record: RecordFields): string {
  const template = rule.message ?? '';
  return template === '' ? defaultMessage(rule, record) : fill(tidy(template, record), record);
}

function defaultMessage(rule: RuleInfo, record: RecordFields): string {
  const { device, peer, peerResponds } = sidesOf(record);
  if (nameOf(device) === '') return rule.title;
  const target = nameOf(peer);
  if (target === '') return `${rule.title}: ${nameOf(device)}`;
  return peerResponds || device.port === undefined
    ? `${rule.title}: ${nameOf(device)} → ${withPort(target, peer.port)}`
    : `${rule.title}: ${target} → ${withPort(nameOf(device), device.port)}`;
}

function withPort(name: string, port: number | undefined): string {
  if (port === undefined) return name;
  return name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`;
}

/** The template with only placeholders that have a value. */
function tidy(template: string, record: RecordFields): string {
  return template
    .replace(DEVICE_WITH_ADDRESS, (whole, side) => {
      const device = record[`${side}_device`];
      return device === undefined || device === record[`id.${side}_h`] ? `{id.${side}_h}` : whole;
    })
    .replace(PLACEHOLDER, (whole, field: string) => {
      if (record[field] !== undefined) return whole;
      const device = /^(orig|resp)_device$/.exec(field);
      const address = device ? `id.${device[1]}_h` : undefined;
      return address !== undefined && record[address] !== undefined ? `{${address}}` : ABSENT;
    })
    .replace(/[([]\s*\u0000\s*[)\]]/g, '')
    .replace(/(?<=[})\]])(?:\s*\u0000)+/g, '')
    .replaceAll(ABSENT, '?')
    .replace(/\s+/g, ' ')
    .replace(/ (?=[,.;])/g, '')
    .trim();
}

function fill(template: string, record: RecordFields): string {
  return template.replace(PLACEHOLDER, (_, field: string) => shown(record[field]));
}

function shown(value: Value | undefined): string {
  const text = valueText(value);
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text;
}

function valueText(value: Value | undefined): string {
  if (value === undefined) return '?';
  if (typeof value === 'number')
    return Number.isInteger(value) ? String(value) : String(Number(value.toFixed(3)));
  if (Array.isArray(value)) return value.map(item => String(item)).join(', ');
  if (typeof value !== 'object') return String(value);
  if ('sec' in value)
    return value.sec > MAX_DATE_SEC ? '?' : new Date(value.sec * 1000).toISOString().slice(0, 19);
  return 'digest' in value ? `${value.kind}:${value.digest}` : '?';
}
