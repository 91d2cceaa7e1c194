/**
 * Search filters of LDAP as text (RFC 4511 section 4.5.1.7, RFC 4515). Limits: `MAX_FILTER` characters; depth is that of
 * `ber.ts`.
 */
import { hex, latin1 } from '../../bytes/text.ts';
import { type BerReader, context, contextPrimitive, OCTET_STRING, SEQUENCE } from '../ber.ts';

const MAX_FILTER = 4096;

/** The filter that is the current element of the reader; cut at `MAX_FILTER` characters. */
export function renderFilter(filter: BerReader): string {
  const parts: string[] = [];
  render(filter, parts, { left: MAX_FILTER });
  return parts.join('');
}

interface Budget {
  left: number;
}

function render(filter: BerReader, out: string[], budget: Budget): void {
  if (budget.left <= 0) return;
  put('(', out, budget);
  const { tag } = filter;
  if (tag === context(0) || tag === context(1) || tag === context(2)) {
    put(tag === context(0) ? '&' : tag === context(1) ? '|' : '!', out, budget);
    const inner = filter.inside();
    while (budget.left > 0 && inner.next()) render(inner, out, budget);
  } else if (tag === contextPrimitive(7)) {
    put(`${filter.text()}=*`, out, budget);
  } else if (tag === context(4)) {
    substrings(filter.inside(), out, budget);
  } else if (tag === context(9)) {
    extensible(filter.inside(), out, budget);
  } else {
    const operator = OPERATORS[tag] ?? '?=';
    const inner = filter.inside();
    const attribute = inner.accept(OCTET_STRING) ? inner.text() : '';
    const value = inner.accept(OCTET_STRING) ? escaped(inner) : '';
    put(attribute + operator + value, out, budget);
  }
  put(')', out, budget);
}

const OPERATORS: Readonly<Record<number, string>> = {
  [context(3)]: '=',
  [context(5)]: '>=',
  [context(6)]: '<=',
  [context(8)]: '~=',
};

function put(text: string, out: string[], budget: Budget): void {
  if (budget.left <= 0) return;
  out.push(text.slice(0, budget.left));
  budget.left -= text.length;
}

/** `cn=a*b*c`. */
function substrings(inner: BerReader, out: string[], budget: Budget): void {
  const attribute = inner.accept(OCTET_STRING) ? inner.text() : '';
  put(`${attribute}=`, out, budget);
  const pieces = inner.enter(SEQUENCE);
  let first = true;
  let closed = false;
  while (budget.left > 0 && pieces.next()) {
    if (!first || pieces.tag !== contextPrimitive(0)) put('*', out, budget);
    put(escaped(pieces), out, budget);
    closed = pieces.tag === contextPrimitive(2);
    first = false;
  }
  if (!closed) put('*', out, budget);
}

/** `userAccountControl:1.2.840.113556.1.4.803:=2`. */
function extensible(inner: BerReader, out: string[], budget: Budget): void {
  let rule = '';
  let attribute = '';
  let value = '';
  let dn = '';
  while (inner.next()) {
    if (inner.tag === contextPrimitive(1)) rule = `:${inner.text()}`;
    else if (inner.tag === contextPrimitive(2)) attribute = inner.text();
    else if (inner.tag === contextPrimitive(3)) value = escaped(inner);
    else if (inner.tag === contextPrimitive(4) && inner.boolean()) dn = ':dn';
  }
  put(`${attribute}${dn}${rule}:=${value}`, out, budget);
}

/** A value with what has a meaning in filters, and what is no text, as `\hh` (RFC 4515 section 3). */
function escaped(value: BerReader): string {
  const { bytes, from } = value;
  const to = Math.min(value.to, from + MAX_FILTER);
  let binary = false;
  for (let i = from; i < to && !binary; i++) binary = bytes[i]! < 0x20;
  if (binary) return hex(bytes, from, to).replace(/../g, '\\$&');
  const text = to === value.to ? value.text() : latin1(bytes, from, to);
  return text.replace(/[()*\\]/g, character => `\\${character.charCodeAt(0).toString(16)}`);
}
