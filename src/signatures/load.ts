/**
 * Signature files (`*.signatures.yml`, or any file that is named) → signatures. Strict: every problem of every file at
 * once, each with its line; identifiers are unique over all files; a signature that misses its own examples is wrong.
 */
import { type Problem, UserError } from '../errors.ts';
import { StreamMemory } from '../model/stream-memory.ts';
import { filesAt, readTextFile } from '../yaml/files.ts';
import { asMap, checkKeys, complain, type Reader } from '../yaml/reader.ts';
import { ProblemList, quote } from '../yaml/source.ts';
import { parseYaml } from '../yaml/tree.ts';
import { SignatureSet } from './compile.ts';
import { readSignature } from './document.ts';
import { FlowScan } from './flow-scan.ts';
import { SIGNATURE_LIMITS, type Signature } from './signature.ts';

/** What the files at some paths hold. */
export interface LoadedSignatures {
  readonly set: SignatureSet;
  /** In order. */
  readonly files: readonly string[];
}

/**
 * Loads signatures.
 * @param paths files, or folders of `*.signatures.yml`
 * @param services names that `service` may have
 * @throws UserError with every problem of all files
 */
export function loadSignatures(paths: readonly string[], services: ReadonlySet<string>): LoadedSignatures {
  const problems: Problem[] = [];
  const signatures: Signature[] = [];
  const files = [
    ...new Set(
      paths.flatMap(path =>
        filesAt(path, name => /\.signatures\.ya?ml$/.test(name), 'signature files', problems),
      ),
    ),
  ];
  for (const file of files) {
    const text = readTextFile(file);
    if (typeof text !== 'string') problems.push(text);
    else {
      const read = parseSignatures(file, text, services);
      problems.push(...read.problems);
      signatures.push(...read.signatures);
    }
  }
  problems.push(...repeated(signatures));
  const { signatures: most } = SIGNATURE_LIMITS;
  if (signatures.length > most) problems.push({ message: `more than ${most} signatures` });
  if (problems.length > 0) throw new UserError(problems);
  try {
    return { set: new SignatureSet(signatures), files };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UserError('the signatures have too many different bytes for one automaton: load fewer');
  }
}

/** The signatures of one file. */
export function parseSignatures(
  file: string,
  text: string,
  services: ReadonlySet<string>,
): { readonly signatures: readonly Signature[]; readonly problems: readonly Problem[] } {
  const { source, documents, problems } = parseYaml(file, text);
  if (problems.length > 0) return { signatures: [], problems };
  const reader: Reader = { source, problems: new ProblemList() };
  const signatures: Signature[] = [];
  for (const document of documents) {
    const map = asMap(reader, document, 'a signature file');
    if (map === undefined) continue;
    checkKeys(reader, map, ['signatures'], 'a signature file');
    const list = map.entries.get('signatures')?.value;
    if (list?.kind !== 'list') {
      complain(reader, list?.at ?? map.at, 'signatures must be a list');
      continue;
    }
    for (const node of list.items) {
      const signature = readSignature(reader, node, services);
      if (signature === undefined) continue;
      signatures.push(signature);
      checkExamples(reader, signature);
    }
  }
  if (documents.length === 0) complain(reader, 0, 'holds no signatures');
  return { signatures, problems: reader.problems.list };
}

function repeated(signatures: readonly Signature[]): readonly Problem[] {
  const first = new Map<string, Signature>();
  return signatures.flatMap(signature => {
    const { id, source, at } = signature;
    const before = first.get(id);
    if (before === undefined) {
      first.set(id, signature);
      return [];
    }
    const place = `${before.source.file}:${before.source.line(before.at)}`;
    return [source.problem(at, `the id ${quote(id)} is taken by ${place}`)];
  });
}

function checkExamples(reader: Reader, signature: Signature): void {
  const { match, miss } = signature.examples;
  if (match.length + miss.length === 0) return;
  const set = new SignatureSet([signature]);
  for (const [i, bytes] of match.entries())
    if (!matches(set, bytes))
      complain(reader, signature.at, `${signature.id} does not match its example ${i + 1}`);
  for (const [i, bytes] of miss.entries())
    if (matches(set, bytes))
      complain(reader, signature.at, `${signature.id} matches its counterexample ${i + 1}`);
}

/** Whether the only signature of a set matches a payload, sent on a flow it is about. */
function matches(set: SignatureSet, bytes: Uint8Array): boolean {
  const [{ protocol, ports, direction }] = set.signatures as [Signature];
  const flow = {
    transport: protocol,
    respPort: ports[0]?.from ?? 0,
    fromStart: true,
    now: { sec: 0, nsec: 0 },
    frame: 0,
    capture: 0,
  };
  let found = false;
  const sink = {
    matched: () => {
      found = true;
    },
    limited: () => {},
  };
  const scan = new FlowScan(set, flow, new StreamMemory(1 << 20), sink);
  scan.data(direction === 'resp' ? 1 : 0, bytes, 0, bytes.length);
  scan.end();
  return found;
}
