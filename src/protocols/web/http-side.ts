/** Where the reading of one direction of HTTP/1.x stands. */
import type { Direction } from '../../model/protocol.ts';
import { type LineReader, lineReader } from '../lines.ts';
import type { Body } from './http-body.ts';
import type { HeaderField } from './http-head.ts';

/** Longest start line or header line. */
export const MAX_LINE = 8192;

/** What a direction expects next. */
export const PHASE = {
  start: 0,
  header: 1,
  /** In a body of known length, of which `left` bytes are to come. */
  body: 2,
  chunkSize: 3,
  /** The line end behind a chunk. */
  chunkEnd: 4,
  trailer: 5,
  untilClose: 6,
  /** Looking for a start line. */
  search: 7,
  /** Nothing more is expected from here. */
  deaf: 8,
  /** In a chunk, of which `left` bytes are to come. */
  chunk: 9,
  /** A CONNECT or an upgrade was asked for: what comes before the answer may be another protocol's. */
  held: 10,
} as const;
type Phase = (typeof PHASE)[keyof typeof PHASE];

/** Reading state of one direction. */
export interface Side {
  readonly direction: Direction;
  readonly reader: LineReader;
  phase: Phase;
  /** The header field under way; the next line may continue it. */
  field: HeaderField | undefined;
  fields: number;
  headBytes: number;
  /** Content-Length of the message; -1 without. */
  length: number;
  /** Codings of Transfer-Encoding, in lower case; empty without. */
  codings: string;
  /** Content-Type, Content-Encoding and Content-Disposition; empty without. */
  contentType: string;
  contentCoding: string;
  disposition: string;
  /** The body under way. */
  body: Body | undefined;
  /** Bytes to come of the body or chunk under way; of them `skipping` come by unseen. */
  left: number;
  skipping: number;
  /** This response has no body, whatever its header says. */
  bodyless: boolean;
  /** What follows this response is not HTTP/1.x. */
  leaves: boolean;
  /** It accepts a CONNECT. */
  tunnels: boolean;
  searched: number;
}

/** A direction at its beginning. */
export function newSide(direction: Direction): Side {
  return {
    direction,
    reader: lineReader(MAX_LINE),
    phase: PHASE.start,
    field: undefined,
    fields: 0,
    headBytes: 0,
    length: -1,
    codings: '',
    contentType: '',
    contentCoding: '',
    disposition: '',
    body: undefined,
    left: 0,
    skipping: 0,
    bodyless: false,
    leaves: false,
    tunnels: false,
    searched: 0,
  };
}

/** Forgets the message before. */
export function beginMessage(side: Side): void {
  side.field = undefined;
  side.fields = 0;
  side.headBytes = 0;
  side.length = -1;
  side.codings = '';
  side.contentType = '';
  side.contentCoding = '';
  side.disposition = '';
  side.body = undefined;
  side.left = 0;
  side.skipping = 0;
  side.bodyless = false;
  side.leaves = false;
  side.tunnels = false;
}
