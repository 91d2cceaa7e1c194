/**
 * DICOMweb over HTTP (PS3.18): which transaction an exchange was (search, retrieval, storage, by URI, worklist), at which
 * level, with which keys (never their values), and what was in its bodies.
 *
 * Paths like `/studies` belong to others too, so an exchange is DICOMweb only when something else says so as well: a
 * media type of DICOM, a DICOM file or data set in a body, a UID in the path, or a base that says dicom, wado, qido or stow.
 * Identifiers in the query are taken out and reported by HTTP itself. Limits: `MAX_KEYS`.
 */
import type { FlowContext } from '../../../model/protocol.ts';
import { f, flowStream, type RecordOf } from '../../../model/schema.ts';
import type { HttpContent, HttpExchange } from '../payload.ts';
import { MAX_KEYS } from './facts.ts';
import { keywordOf } from './tags.ts';

/** One line per DICOMweb request and its response. */
export const dicomwebStream = flowStream('dicomweb', 'One line per DICOMweb request and its response.', {
  trans_depth: f.count('Number of the request within its flow, as in http.'),
  method: f.string('Request method.'),
  transaction: f.enum(
    'search, retrieve, metadata, rendered, bulkdata, store, delete, uri (WADO-URI) or worklist (UPS-RS).',
  ),
  level: f.enum('What it is about: studies, series, instances, frames or workitems.'),
  base: f.string('Path in front of the resources of DICOMweb.', 'text'),
  query_keys: f.stringSet('Keys of a search by keyword, never their values; at most 128.'),
  wildcard_keys: f.stringSet('Those of them that hold a wildcard.'),
  empty_keys: f.stringSet('Those of them that are empty.'),
  page_size: f.count('Results asked for at once (limit).'),
  authorization: f.enum('How the client logged in, when that could be read: basic or bearer.'),
  status_code: f.count('Status of the response.'),
  stored: f.count('DICOM files in the request.'),
  retrieved: f.count('DICOM files in the response.'),
  datasets: f.count('Data sets as JSON in the response: matches of a search, or metadata of instances.'),
  phi_kinds: f.stringSet(
    'Kinds of patient identifiers in files and data sets of both sides; private for private elements.',
  ),
});

/** What a file in a body held. */
export interface DicomFileFacts {
  readonly kind: 'dicom-file';
  readonly phiKinds: readonly string[];
}

/** What a document of data sets held. */
export interface DicomJsonFacts {
  readonly kind: 'dicom-json';
  readonly datasets: number;
  readonly phiKinds: readonly string[];
}

const MEDIA_TYPE = /\bapplication\/dicom\b/i;
const BASE = /dicom|wado|qido|stow/i;
const UID = /^\d+(?:\.\d+){2,}$/;
const RESOURCE = /^(.*?)\/(studies|series|instances|workitems)(?=$|[/?])/;
/** Parameters that are no keys. */
const NO_KEYS = new Set(['includefield', 'limit', 'offset', 'fuzzymatching', 'accept', 'charset']);
/** Keywords of PS3.6, also of a member of a sequence. */
const KEYWORD = /^[A-Z][A-Za-z0-9]{2,63}$/;

/** What every target of DICOMweb holds: most requests are something else. */
const HINT = /\/(?:studies|series|instances|workitems)|requestType=WADO/i;

/** Emits the record of an exchange, when it is DICOMweb. */
export function reportDicomwebExchange(flow: FlowContext, x: HttpExchange): void {
  if (!HINT.test(x.target)) return;
  const [path, query] = split(x.target);
  const byUri = /(?:^|&)requestType=WADO(?:&|$)/i.test(query);
  const match = byUri ? null : RESOURCE.exec(path);
  if (!byUri && match === null) return;
  const found = [x.request, x.response].map(factsOf);
  const segments = match === null ? [] : path.slice(match[1]!.length + 1).split('/');
  if (
    !byUri &&
    !MEDIA_TYPE.test(`${x.accept} ${x.request.contentType} ${x.response.contentType}`) &&
    !found.some(facts => facts.length > 0) &&
    !BASE.test(match![1]!) &&
    !segments.some(segment => UID.test(segment))
  )
    return;
  const [sent, received] = found;
  const kinds = new Set([...sent!, ...received!].flatMap(facts => facts.phiKinds));
  const json = received!.filter(facts => facts.kind === 'dicom-json');
  flow.emit(dicomwebStream, {
    ts: x.ts,
    frame: x.frame,
    trans_depth: x.depth,
    method: x.method,
    transaction: byUri ? 'uri' : transactionOf(x.method, segments),
    level: byUri ? 'instances' : levelOf(segments),
    base: byUri ? path : match![1],
    ...(byUri ? {} : keysOf(query)),
    authorization: x.authorization,
    status_code: x.status,
    stored: count(sent!, 'dicom-file'),
    retrieved: count(received!, 'dicom-file'),
    datasets: json.length === 0 ? undefined : json.reduce((sum, facts) => sum + facts.datasets, 0),
    phi_kinds: kinds.size > 0 ? [...kinds].sort() : undefined,
  });
}

function factsOf(content: HttpContent): (DicomFileFacts | DicomJsonFacts)[] {
  return content.found.filter((found): found is DicomFileFacts | DicomJsonFacts => {
    const kind = (found as { kind?: unknown } | null)?.kind;
    return kind === 'dicom-file' || kind === 'dicom-json';
  });
}

function count(facts: readonly { readonly kind: string }[], kind: string): number | undefined {
  return facts.filter(each => each.kind === kind).length || undefined;
}

function split(target: string): [path: string, query: string] {
  const [path = '', query = ''] = target.split('#', 1)[0]!.split(/\?(.*)/s);
  return [path.replace(/^[a-z]+:\/\/[^/]*/i, ''), query];
}

/** Names of resources stand at every other place; what follows the last identifier says what is asked of it. */
function levelOf(segments: readonly string[]): string {
  const levels = segments.filter(segment => /^(?:studies|series|instances|frames|workitems)$/.test(segment));
  return levels.at(-1) ?? 'studies';
}

function transactionOf(method: string, segments: readonly string[]): string {
  const last = segments.findLast(segment => segment !== '') ?? '';
  if (segments[0] === 'workitems') return 'worklist';
  if (method === 'POST' || method === 'PUT') return 'store';
  if (method === 'DELETE') return 'delete';
  if (last === 'metadata') return 'metadata';
  if (segments.includes('rendered') || last === 'thumbnail') return 'rendered';
  if (segments.includes('bulkdata') || last === 'pixeldata') return 'bulkdata';
  // A list of resources is searched, one of them is retrieved.
  return /^(?:studies|series|instances)$/.test(last) ? 'search' : 'retrieve';
}

function keysOf(query: string): RecordOf<typeof dicomwebStream> {
  const keys = new Set<string>();
  const wildcards = new Set<string>();
  const empty = new Set<string>();
  let pageSize: number | undefined;
  for (const parameter of query.split('&', MAX_KEYS * 2)) {
    const [name = '', value = ''] = parameter.split(/=(.*)/s);
    if (/^limit$/i.test(name) && /^\d{1,9}$/.test(value)) pageSize = Number(value);
    if (NO_KEYS.has(name.toLowerCase()) || keys.size >= MAX_KEYS) continue;
    const key = keyName(name);
    if (key === undefined) continue;
    keys.add(key);
    if (/[*?]|%2a|%3f/i.test(value)) wildcards.add(key);
    else if (value === '') empty.add(key);
  }
  const listed = (names: Set<string>) => (names.size > 0 ? [...names].sort() : undefined);
  return {
    query_keys: listed(keys),
    wildcard_keys: listed(wildcards),
    empty_keys: listed(empty),
    page_size: pageSize,
  };
}

/** A tag or a keyword, of a sequence's member the last one. */
function keyName(name: string): string | undefined {
  const last = name.split('.').at(-1)!;
  if (/^[0-9A-Fa-f]{8}$/.test(last))
    return keywordOf(Number.parseInt(last.slice(0, 4), 16), Number.parseInt(last.slice(4), 16));
  return KEYWORD.test(last) ? last : undefined;
}
