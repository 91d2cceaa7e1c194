/**
 * The text of SIP messages (RFC 3261 sections 7 and 25): start line and header fields, compact names too, and what a session
 * description (RFC 4566) says of the media. No state.
 *
 * Limits: `MAX_HEADERS`, `MAX_VALUES`, `MAX_MEDIA`.
 */
import { utf8 } from '../../bytes/text.ts';

const MAX_HEADERS = 200;
/** Values kept of a field that may come several times. */
const MAX_VALUES = 32;
const MAX_MEDIA = 8;

export const SIP_METHODS =
  'INVITE ACK BYE CANCEL REGISTER OPTIONS PRACK SUBSCRIBE NOTIFY PUBLISH INFO REFER MESSAGE UPDATE'.split(
    ' ',
  );

/** RFC 3261 section 7.3.3. */
const COMPACT: Readonly<Record<string, string>> = {
  c: 'content-type',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  s: 'subject',
  t: 'to',
  v: 'via',
};

export interface SipMessage {
  /** Absent in responses. */
  readonly method: string | undefined;
  readonly uri: string | undefined;
  /** Absent in requests. */
  readonly code: number | undefined;
  readonly reason: string | undefined;
  /** First value of each field, by its long name in lower case. */
  readonly fields: ReadonlyMap<string, string>;
  /** Every Via, from the last hop to the first. */
  readonly via: readonly string[];
  /** Length of the body, when the head says it. */
  readonly bodyLength: number | undefined;
}

/** Reads the head of a message without the empty line behind it; undefined when it does not begin as SIP does. */
export function readSipHead(bytes: Uint8Array, from: number, to: number): SipMessage | undefined {
  // RFC 3261 section 7.3.1: a line that begins with white space belongs to the one before.
  const text = utf8(bytes, from, to).replace(/\r?\n[ \t]+/g, ' ');
  const [start = '', ...lines] = text.split(/\r?\n/, MAX_HEADERS + 1);
  const request = /^([A-Za-z.!%*_+`'~-]{1,32}) (\S+) SIP\/\d\.\d\s*$/.exec(start);
  const status = /^SIP\/\d\.\d (\d{3})(?: (.*))?$/.exec(start);
  if (request === null && status === null) return undefined;
  const fields = new Map<string, string>();
  const via: string[] = [];
  for (const line of lines) {
    const match = /^([A-Za-z0-9.!%*_+`'~-]{1,64})[ \t]*:[ \t]*(.*)$/.exec(line);
    if (match === null) continue;
    const lower = match[1]!.toLowerCase();
    const name = COMPACT[lower] ?? lower;
    const value = match[2]!.trim();
    if (!fields.has(name)) fields.set(name, value);
    if (name === 'via' && via.length < MAX_VALUES) via.push(value);
  }
  const length = fields.get('content-length');
  return {
    method: request?.[1],
    uri: request?.[2],
    code: status === null ? undefined : Number(status[1]),
    reason: status?.[2]?.trim(),
    fields,
    via,
    bodyLength: length !== undefined && /^\d{1,9}$/.test(length) ? Number(length) : undefined,
  };
}

/** Where a medium will be received. */
export interface MediaAddress {
  readonly host: string;
  readonly port: number;
}

/** The RTP media of a session description. */
export function readMedia(sdp: string): MediaAddress[] {
  const media: { host: string | undefined; readonly port: number }[] = [];
  let common: string | undefined;
  for (const line of sdp.split(/\r?\n/, MAX_HEADERS)) {
    const host = /^c=IN IP[46] ([0-9A-Fa-f.:]{2,45})/.exec(line)?.[1];
    const port = /^m=[a-z]{1,16} (\d{1,5})(?:\/\d+)? RTP\//.exec(line)?.[1];
    const last = media.at(-1);
    if (host !== undefined && last === undefined) common = host;
    else if (host !== undefined && last !== undefined) last.host = host;
    else if (port !== undefined && media.length < MAX_MEDIA)
      media.push({ host: undefined, port: Number(port) });
  }
  return media.flatMap(({ host = common, port }) =>
    host === undefined || port === 0 || port > 65_534 ? [] : [{ host, port }],
  );
}
