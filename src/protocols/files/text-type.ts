/**
 * The type of a file whose beginning is text: markup, JSON, scripts, patches, certificates in armour, firmware as text,
 * HL7; `text/plain` for what is readable and nothing special. Names are Zeek's where Zeek has one.
 */
import { latin1 } from '../../bytes/text.ts';

/** Fewer readable characters at the beginning say nothing, as in Zeek. */
const MIN_PLAIN = 10;

/** First match wins; white space and a byte order mark before the text are gone. */
const TYPES: readonly (readonly [string, RegExp])[] = [
  [
    'text/html',
    /^(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!doctype html|<html)|^<(?:head|body|title|script|table|a |h1|iframe|img|meta|style|div|p>)/i,
  ],
  [
    'text/x-cross-domain-policy',
    /^(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!doctype cross-domain-policy|<cross-domain-policy)/i,
  ],
  ['image/svg+xml', /^(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!doctype svg|<svg[\s>])/i],
  ['application/xml', /^<\?xml/i],
  ['text/x-php', /^<\?php/i],
  ['text/json', /^\{[\r\n\t ]*(?:"[^"]+"|[A-Za-z][\w\\]*)[\r\n\t ]*:[\r\n\t ]*(?:["[{\d]|true|false)/],
  ['text/json', /^\[[\r\n\t ]*(?:(?:"[^"]+"|\d+(?:\.\d+)?|true|false)[\r\n\t ]*,|\{|\[)/],
  ['text/x-shellscript', /^#! ?\/\S*\/(?:env (?:-\S+ )?)?(?:ba|da|k|z|a|c|tc)?sh\b/],
  ['text/x-python', /^#! ?\/\S*\/(?:env )?python/],
  ['text/x-perl', /^#! ?\/\S*\/(?:env )?perl/],
  ['text/x-ruby', /^#! ?\/\S*\/(?:env )?ruby/],
  ['text/x-php', /^#! ?\/\S*\/(?:env )?php/],
  ['text/x-lua', /^#! ?\/\S*\/(?:env )?lua/],
  ['text/x-awk', /^#! ?\/\S*\/(?:env )?[gmn]?awk/],
  ['text/x-tcl', /^#! ?\/\S*\/(?:env )?(?:tclsh|wish|expect)/],
  ['application/javascript', /^#! ?\/\S*\/(?:env )?node/],
  ['text/x-powershell', /^(?:#requires -|<#|param\s*\(|\[cmdletbinding\()/i],
  ['text/x-msdos-batch', /^@?echo off\b/i],
  ['text/x-diff', /^(?:diff (?:-|--git )|Index: |--- .{1,200}\r?\n\+\+\+ |\*\*\* .{1,200}\r?\n--- )/],
  ['application/javascript', /^(?:\/\/.*\n|\/\*[^*]*\*\/|\s)*(?:[!;(+]*function\b|["']use strict["'])/],
  ['application/x-x509-ca-cert', /^-----BEGIN (?:TRUSTED )?CERTIFICATE-----/],
  ['application/pkcs8', /^-----BEGIN (?:\w+ )?PRIVATE KEY-----/],
  ['application/pgp-signature', /^-----BEGIN PGP SIGNATURE-----/],
  ['application/pgp-message', /^-----BEGIN PGP MESSAGE-----/],
  ['application/x-intel-hex', /^:[\dA-F]{8}(?:[\dA-F]{2}){1,255}\r?\n:/i],
  ['application/x-s-record', /^S0[\dA-F]{6,}\r?\n/],
  ['x-application/hl7-v2+er7', /^(?:\x0b)?(?:[FB]HS|MSH)\|[^\r\n]{3,5}\|/],
  ['text/calendar', /^BEGIN:VCALENDAR/i],
  ['text/x-vcard', /^BEGIN:VCARD/i],
];

/** The type of text that begins with these bytes; undefined when it is no text. */
export function textType(head: Uint8Array): string | undefined {
  const text = readText(head);
  const trimmed = text.trimStart();
  for (const [type, pattern] of TYPES) if (pattern.test(trimmed)) return type;
  if (/^[\t-\r\x20-\x7e]{10}/.test(text)) return /<html[\s>]/i.test(text) ? 'text/html' : 'text/plain';
  return undefined;
}

/** One character per byte, without a byte order mark; of UTF-16 every other byte. */
function readText(head: Uint8Array): string {
  if (head.length >= 2 && head[0] === 0xff && head[1] === 0xfe) return everyOther(head, 2);
  if (head.length >= 2 && head[0] === 0xfe && head[1] === 0xff) return everyOther(head, 3);
  const marked = head.length >= 3 && head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf;
  return latin1(head, marked ? 3 : 0, head.length);
}

function everyOther(head: Uint8Array, from: number): string {
  let text = '';
  for (let at = from; at < head.length && text.length < 4 * MIN_PLAIN; at += 2)
    text += String.fromCharCode(head[at]!);
  return text;
}
