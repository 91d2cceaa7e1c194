/**
 * STIX 2.1 bundles: objects of type `indicator` whose pattern is one comparison, or several with OR, of a value with `=`, `IN` or
 * (addresses) `ISSUBSET`. Patterns that need several things at once (AND, FOLLOWEDBY), qualifiers of time, and comparisons by
 * LIKE or MATCHES are counted and named: matching half of them would be wrong. Revoked indicators are left out.
 */
import type { Intake } from './intake.ts';

/** Object paths and what they are here, in lower case without quotes. */
const PATHS: Readonly<Record<string, string>> = {
  'ipv4-addr:value': 'ip',
  'ipv6-addr:value': 'ip',
  'network-traffic:dst_ref.value': 'ip',
  'network-traffic:src_ref.value': 'ip',
  'domain-name:value': 'domain-name',
  'url:value': 'url',
  'email-addr:value': 'email',
  'email-message:from_ref.value': 'email',
  'email-message:sender_ref.value': 'email',
  'file:hashes.md5': 'md5',
  'file:hashes.sha-1': 'sha1',
  'file:hashes.sha1': 'sha1',
  'file:hashes.sha-256': 'sha256',
  'file:hashes.sha256': 'sha256',
  'x509-certificate:hashes.sha-1': 'certificate',
  'x509-certificate:hashes.sha1': 'certificate',
  'x509-certificate:hashes.sha-256': 'certificate',
  'x509-certificate:hashes.sha256': 'certificate',
  'network-traffic:extensions.http-request-ext.request_header.user-agent': 'user-agent',
};

/** Tokens of the pattern language (STIX 2.1, section 9), of as much of it as is read here. */
const TOKEN = /\s*(?:('(?:[^'\\]|\\.)*')|([[\]().,=:])|([A-Za-z_][\w-]*|\*|\d[\w.]*))/y;
const MAX_PATTERN = 65_536;

/** Takes in a bundle, or a list of objects. Returns whether it was one. */
export function readStix(document: unknown, intake: Intake): boolean {
  const objects = (document as { objects?: unknown } | null)?.objects;
  if ((document as { type?: unknown } | null)?.type !== 'bundle' || !Array.isArray(objects)) return false;
  const identities = new Map<unknown, string>();
  for (const object of objects)
    if (object?.type === 'identity' && typeof object.name === 'string')
      identities.set(object.id, object.name);
  for (const object of objects) if (object?.type === 'indicator') readIndicator(object, identities, intake);
  return true;
}

function readIndicator(
  indicator: Readonly<Record<string, unknown>>,
  identities: ReadonlyMap<unknown, string>,
  intake: Intake,
): void {
  const text = (key: string): string | undefined => {
    const value = indicator[key];
    return typeof value === 'string' ? value : undefined;
  };
  const name = text('id') ?? text('name') ?? 'an indicator';
  if (indicator['revoked'] === true) {
    intake.skip('revoked', name);
    return;
  }
  const language = text('pattern_type') ?? 'stix';
  const pattern = text('pattern') ?? '';
  const found = language === 'stix' ? parsePattern(pattern) : `pattern of type ${language}`;
  if (typeof found === 'string') {
    intake.skip(found, `${name} ${pattern}`);
    return;
  }
  const tags = [indicator['labels'], indicator['indicator_types']].flatMap(list =>
    Array.isArray(list) ? list.filter(each => typeof each === 'string') : [],
  );
  const confidence = indicator['confidence'];
  for (const { type, value } of found) {
    intake.add({
      value,
      type,
      source: identities.get(indicator['created_by_ref']),
      confidence: typeof confidence === 'number' ? confidence : undefined,
      until: text('valid_until'),
      description: text('name') ?? text('description'),
      tags,
    });
  }
}

interface Comparison {
  readonly type: string;
  readonly value: string;
}

/** The values of a pattern of which any is enough, or why it is none such. */
export function parsePattern(pattern: string): readonly Comparison[] | string {
  if (pattern.length > MAX_PATTERN) return 'too long a pattern';
  const tokens = tokensOf(pattern);
  if (tokens === undefined) return 'a pattern with operators that are not matched here';
  const found: Comparison[] = [];
  let at = 0;
  const take = (token: string): boolean => tokens[at]?.toUpperCase() === token && ++at > 0;
  const closing: string[] = [];
  const open = (bracket: string, close: string): boolean => take(bracket) && closing.push(close) > 0;
  const close = (): boolean => closing.length > 0 && take(closing.at(-1)!) && closing.pop() !== undefined;
  // [ path op value OR path op value ] OR [ … ], brackets around either.
  for (;;) {
    while (open('(', ')') || open('[', ']'));
    let path = '';
    while (at < tokens.length && !/^(?:=|IN|ISSUBSET|AND|OR|\])$/i.test(tokens[at]!))
      path += unquoted(tokens[at++]!);
    const values: string[] = [];
    if (take('=') || take('ISSUBSET')) values.push(tokens[at++] ?? '');
    else if (take('IN') && take('(')) {
      do values.push(tokens[at++] ?? '');
      while (take(','));
      if (!take(')')) return 'a pattern that is not understood';
    } else return 'a pattern with operators that are not matched here';
    if (!closing.includes(']')) return 'a pattern that is not understood';
    const type = PATHS[path.toLowerCase()];
    if (type === undefined) return `pattern over ${/^[\w.:-]{1,80}$/.test(path) ? path : 'something else'}`;
    if (values.some(value => !value.startsWith("'"))) return 'a pattern that is not understood';
    found.push(...values.map(value => ({ type, value: unquoted(value) })));
    while (close());
    if (at === tokens.length) return closing.length === 0 ? found : 'a pattern that is not understood';
    if (tokens[at] === ')' || tokens[at] === ']') return 'a pattern that is not understood';
    if (!take('OR')) return 'a pattern that needs several things at once';
  }
}

function tokensOf(pattern: string): readonly string[] | undefined {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const end = pattern.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const match = TOKEN.exec(pattern);
    if (match === null) return undefined;
    tokens.push(match[1] ?? match[2] ?? match[3]!);
  }
  return tokens;
}

function unquoted(token: string): string {
  return token.startsWith("'") ? token.slice(1, -1).replace(/\\(.)/gs, '$1') : token;
}
