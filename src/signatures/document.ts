/**
 * One signature of a file: its keys, what their values may be, and what fits together. docs/signatures.md is the manual. A
 * signature with any problem is left out; the file is refused by the caller.
 */
import { compileRegex } from '../model/regex.ts';
import { SIGNATURE_KINDS } from '../model/signature.ts';
import {
  asMap,
  checkKeys,
  complain,
  didYouMean,
  type Reader,
  readChoice,
  readMap,
  readText,
  readTexts,
  required,
} from '../yaml/reader.ts';
import { type Located, quote } from '../yaml/source.ts';
import type { MapNode, YamlNode } from '../yaml/tree.ts';
import { lowerCase, readEscaped, readHex } from './content.ts';
import {
  type Content,
  type Pattern,
  type PortRange,
  SIGNATURE_LIMITS,
  type Signature,
  spanOf,
} from './signature.ts';

const KEYS = [
  'id',
  'name',
  'kind',
  'description',
  'references',
  'author',
  'tags',
  'protocol',
  'service',
  'ports',
  'direction',
  'offset',
  'depth',
  'bytes',
  'pattern',
  'limit',
  'examples',
];
const CONTENT_KEYS = ['hex', 'text', 'nocase', 'distance'];
const WITHIN = 256;

/** A signature of a list; undefined, with problems, when anything is wrong with it. */
export function readSignature(
  reader: Reader,
  node: YamlNode,
  services: ReadonlySet<string>,
): Signature | undefined {
  const before = reader.problems.list.length;
  const map = asMap(reader, node, 'a signature');
  if (map === undefined) return undefined;
  checkKeys(reader, map, KEYS, 'a signature');
  for (const key of ['id', 'name', 'kind', 'protocol', 'bytes']) required(reader, map, key, 'a signature');
  const id = readText(reader, map, 'id');
  if (id !== undefined && !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(id.text))
    complain(
      reader,
      id.at,
      `${quote(id.text)} is no identifier`,
      'lower-case words and numbers with - between',
    );
  const name = readText(reader, map, 'name');
  for (const key of ['description', 'author']) readText(reader, map, key);
  readTexts(reader, map, 'references');
  const kind = readChoice(reader, map, 'kind', SIGNATURE_KINDS);
  const protocol = readChoice(reader, map, 'protocol', ['tcp', 'udp']);
  const direction = readChoice(reader, map, 'direction', ['orig', 'resp', 'any']) ?? 'any';
  const { reach, defaultDepth, matches } = SIGNATURE_LIMITS;
  const offset = readNumber(reader, map, 'offset', 0, reach - 1) ?? 0;
  const depth = readNumber(reader, map, 'depth', 1, reach - offset) ?? Math.min(defaultDepth, reach - offset);
  const limit = readNumber(reader, map, 'limit', 1, matches) ?? 1;
  const contents = readContents(reader, map, depth);
  const pattern = readPattern(reader, map);
  const signature = {
    id: id?.text ?? '',
    name: name?.text ?? '',
    kind: kind ?? 'other',
    tags: readTexts(reader, map, 'tags').map(({ text }) => text),
    protocol: protocol ?? 'tcp',
    services: readServices(reader, map, services),
    ports: readTexts(reader, map, 'ports').flatMap(text => readPorts(reader, text) ?? []),
    direction,
    offset,
    depth,
    contents,
    pattern,
    limit,
    examples: readExamples(reader, map),
    source: reader.source,
    at: map.at,
  } as const satisfies Signature;
  checkTogether(reader, map, signature);
  return reader.problems.list.length === before ? signature : undefined;
}

function checkTogether(reader: Reader, map: MapNode, signature: Signature): void {
  const [first] = signature.contents;
  if (first === undefined) return;
  const at = map.entries.get('bytes')!.keyAt;
  const { anchorLeast, span } = SIGNATURE_LIMITS;
  if (first.bytes.length < anchorLeast)
    complain(reader, at, `the first content has fewer than ${anchorLeast} bytes: every stream is full of it`);
  const length = signature.contents.reduce((sum, { bytes, min }) => sum + min + bytes.length, 0);
  if (length > signature.depth)
    complain(reader, at, `${length} bytes at least do not fit into a depth of ${signature.depth}`);
  if (spanOf(signature) > span)
    complain(
      reader,
      at,
      `what stands behind the first content takes more than ${span} bytes`,
      'shorten distances or within',
    );
}

function readNumber(
  reader: Reader,
  map: MapNode,
  key: string,
  least: number,
  most: number,
): number | undefined {
  const found = readText(reader, map, key);
  if (found === undefined) return undefined;
  const value = Number(found.text);
  if (/^\d+$/.test(found.text) && value >= least && value <= most) return value;
  complain(reader, found.at, `${key} must be a whole number from ${least} to ${most}`);
  return undefined;
}

function readServices(reader: Reader, map: MapNode, known: ReadonlySet<string>): readonly string[] {
  const names = readTexts(reader, map, 'service');
  for (const { text, at } of names) {
    if (text === 'none' || known.has(text)) continue;
    complain(
      reader,
      at,
      `${quote(text)} is no service of this program`,
      didYouMean(text, [...known, 'none']),
    );
  }
  return names.map(({ text }) => text);
}

function readPorts(reader: Reader, { text, at }: Located): PortRange | undefined {
  const [, from, to] = /^(\d{1,5})(?:\s*-\s*(\d{1,5}))?$/.exec(text) ?? [];
  const range = { from: Number(from), to: Number(to ?? from) };
  if (from !== undefined && range.from <= range.to && range.to <= 65_535) return range;
  complain(reader, at, `${quote(text)} is neither a port nor a range such as 8000-8010`);
  return undefined;
}

function readContents(reader: Reader, map: MapNode, depth: number): readonly Content[] {
  const node = map.entries.get('bytes')?.value;
  if (node === undefined) return [];
  const items = node.kind === 'list' ? node.items : [node];
  const { contents } = SIGNATURE_LIMITS;
  if (items.length === 0) complain(reader, node.at, 'bytes is empty');
  if (items.length > contents) complain(reader, node.at, `more than ${contents} contents`);
  return items.slice(0, contents).flatMap((item, i) => readContent(reader, item, i === 0, depth) ?? []);
}

function readContent(reader: Reader, node: YamlNode, first: boolean, depth: number): Content | undefined {
  const free = { min: 0, max: first ? Number.POSITIVE_INFINITY : 0 };
  if (node.kind === 'scalar') {
    const bytes = checked(reader, node.at, readEscaped(reader, node));
    return bytes && { bytes, nocase: false, ...free };
  }
  const map = asMap(reader, node, 'a content');
  if (map === undefined) return undefined;
  checkKeys(reader, map, CONTENT_KEYS, 'a content');
  const hex = readText(reader, map, 'hex');
  const text = readText(reader, map, 'text');
  if ((hex === undefined) === (text === undefined)) {
    complain(reader, map.at, 'a content has either hex or text');
    return undefined;
  }
  const nocase = readChoice(reader, map, 'nocase', ['true', 'false']) === 'true';
  const distance = map.entries.has('distance') ? readDistance(reader, map, depth) : free;
  const read = hex === undefined ? readEscaped(reader, text!) : readHex(reader, hex);
  const bytes = checked(reader, (hex ?? text)!.at, read);
  return bytes && distance && { bytes: nocase ? lowerCase(bytes) : bytes, nocase, ...distance };
}

function checked(reader: Reader, at: number, bytes: Uint8Array | undefined): Uint8Array | undefined {
  const { contentBytes } = SIGNATURE_LIMITS;
  if (bytes === undefined) return undefined;
  if (bytes.length > 0 && bytes.length <= contentBytes) return bytes;
  complain(
    reader,
    at,
    bytes.length === 0 ? 'a content is empty' : `a content has more than ${contentBytes} bytes`,
    bytes.length === 0 ? undefined : 'split it: what follows has distance 0 by itself',
  );
  return undefined;
}

/** `distance: 4`, or `distance: [0, 16]`. */
function readDistance(reader: Reader, map: MapNode, depth: number): { min: number; max: number } | undefined {
  const { at } = map.entries.get('distance')!.value;
  const parts = readTexts(reader, map, 'distance').map(({ text }) =>
    /^\d+$/.test(text) ? Number(text) : -1,
  );
  const [min = -1, max = min] = parts;
  if (parts.length <= 2 && min >= 0 && max >= min && max < depth) return { min, max };
  complain(reader, at, `distance must be a number below the depth of ${depth}, or two: [least, most]`);
  return undefined;
}

/** A regular expression, by itself or as `{regex, within}`. */
function readPattern(reader: Reader, map: MapNode): Pattern | undefined {
  const node = map.entries.get('pattern')?.value;
  if (node === undefined) return undefined;
  let regex: Located | undefined;
  let within: number | undefined = WITHIN;
  if (node.kind === 'map') {
    checkKeys(reader, node, ['regex', 'within'], 'a pattern');
    required(reader, node, 'regex', 'a pattern');
    regex = readText(reader, node, 'regex');
    within = node.entries.has('within')
      ? readNumber(reader, node, 'within', 1, SIGNATURE_LIMITS.span)
      : WITHIN;
  } else {
    regex = readText(reader, map, 'pattern');
  }
  if (regex === undefined || within === undefined) return undefined;
  const test = compileRegex(regex.text, 's');
  if (typeof test === 'function') return { test, within };
  complain(reader, regex.at, test.message, test.hint);
  return undefined;
}

function readExamples(reader: Reader, map: MapNode): Signature['examples'] {
  const examples = readMap(reader, map, 'examples');
  if (examples === undefined) return { match: [], miss: [] };
  checkKeys(reader, examples, ['match', 'miss'], 'examples');
  const payloads = (key: string): readonly Uint8Array[] => {
    const node = examples.entries.get(key)?.value;
    const items = node === undefined ? [] : node.kind === 'list' ? node.items : [node];
    return items.flatMap(item => readExample(reader, item) ?? []);
  };
  return { match: payloads('match'), miss: payloads('miss') };
}

function readExample(reader: Reader, node: YamlNode): Uint8Array | undefined {
  if (node.kind === 'scalar') return readEscaped(reader, node);
  const map = asMap(reader, node, 'an example');
  if (map === undefined) return undefined;
  checkKeys(reader, map, ['hex', 'text'], 'an example');
  const hex = readText(reader, map, 'hex');
  const text = readText(reader, map, 'text');
  if (hex !== undefined && text === undefined) return readHex(reader, hex);
  if (text !== undefined && hex === undefined) return readEscaped(reader, text);
  complain(reader, map.at, 'an example has either hex or text');
  return undefined;
}
