/**
 * HL7 against what tshark dissects: every message, its type and event, and each header and acknowledgement field that is
 * shown, taken out of tshark's segments. tshark leaves out a last segment without CR, and reads only its own port, so
 * others are named.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Value } from '../../src/model/schema.ts';
import { decodeFiles } from '../support/decode-capture.ts';
import { hasShared, SHARED } from '../support/paths.ts';
import { TSHARK_MISSING } from './tshark.ts';

type Row = Readonly<Record<string, Value>>;

const FIXTURES = fileURLToPath(new URL('../../fixtures', import.meta.url));
const PORTS = [6661, 7001, 7002, 7003];
const [CELL, VALUE] = ['\x1e', '\x1f'];

function tshark(capture: string, filter: string, ...fields: string[]): string[][] {
  const decodeAs = PORTS.flatMap(port => ['-d', `tcp.port==${port},hl7`]);
  const { stdout } = spawnSync(
    'tshark',
    [
      ...['-r', capture, ...decodeAs, '-Y', filter, '-T', 'fields', '-E', `separator=${CELL}`],
      ...['-E', `aggregator=${VALUE}`, ...fields.flatMap(name => ['-e', name])],
    ],
    { encoding: 'utf8' },
  );
  return stdout
    .split('\n')
    .filter(line => line !== '')
    .map(line => line.split(CELL));
}

/** Field of a segment by HL7's number, its first repetition and component. */
function field(segment: string | undefined, number: number, component = 1): string | undefined {
  const isHeader = segment?.startsWith('MSH') === true;
  const fields = segment?.replace(/(?:\\[rn]|[\r\n])+$/, '').split('|') ?? [];
  return fields[isHeader ? number - 1 : number]?.split('~')[0]?.split('^')[component - 1] || undefined;
}

/** What the record of a message must say, by its segments. */
function expected(segments: readonly string[]): Record<string, string | undefined> {
  const header = segments.find(segment => segment.startsWith('MSH'));
  const acknowledgement = segments.find(segment => segment.startsWith('MSA'));
  return {
    message_type: field(header, 9),
    trigger_event: field(header, 9, 2),
    message_structure: field(header, 9, 3),
    sending_app: field(header, 3),
    sending_facility: field(header, 4),
    receiving_app: field(header, 5),
    receiving_facility: field(header, 6),
    message_time: field(header, 7),
    processing_id: field(header, 11),
    version: field(header, 12),
    accept_ack: field(header, 15),
    application_ack: field(header, 16),
    charset: field(header, 18),
    ack_code: field(acknowledgement, 1),
  };
}

function shown(row: Row, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map(name => [name, row[name]]));
}

interface Message {
  readonly type: string;
  readonly event: string;
  readonly segments: readonly string[];
  /** The last segment has its own end, so that tshark shows it. */
  readonly isEnded: boolean;
  /** Its length, when it is alone in a packet. */
  readonly bytes: number | undefined;
}

/** The messages that tshark finds, several of one packet one by one. */
function messagesOf(capture: string): Message[] {
  const fields = ['hl7.message.type', 'hl7.event.type', 'hl7.segment', 'tcp.payload'];
  return tshark(capture, 'hl7', ...fields).flatMap(([types, events, text, payload]) => {
    const segments = text!.split(VALUE);
    const starts = segments.flatMap((segment, at) => (segment.startsWith('MSH') ? [at] : []));
    const isEnded = /0[da]1c0d$/.test(payload!);
    const isAlone = starts.length === 1 && payload!.startsWith('0b') && isEnded;
    return starts.map((start, i) => ({
      type: types!.split(VALUE)[i]!,
      event: events!.split(VALUE)[i]!,
      segments: segments.slice(start, starts[i + 1]),
      isEnded,
      bytes: isAlone ? payload!.length / 2 - 3 : undefined,
    }));
  });
}

const captures = readdirSync(FIXTURES)
  .filter(name => /\.pcap(?:ng)?$/.test(name))
  .map(name => [name, join(FIXTURES, name)] as const);

describe.skipIf(TSHARK_MISSING !== undefined)(
  `HL7 against tshark${TSHARK_MISSING === undefined ? '' : ` (skipped: ${TSHARK_MISSING} missing)`}`,
  () => {
    it.each(captures)('%s', async (_name, capture) => {
      const theirs = messagesOf(capture);
      // tshark knows no batches and no messages without frames.
      const ours = (await decodeFiles([capture]))
        .rows('hl7')
        .filter(row => row['source'] === undefined && row['framed'] === true && row['batch'] === false);
      expect(ours.map(row => [row['message_type'], row['trigger_event']])).toEqual(
        theirs.map(({ type, event }) => [type, event]),
      );
      for (const [i, { segments, isEnded, bytes }] of theirs.entries()) {
        const wanted = expected(segments);
        const row = ours[i]!;
        expect(shown(row, Object.keys(wanted)), `message ${i}`).toEqual(wanted);
        expect(row['segments'], `message ${i}`).toBe(segments.length + (isEnded ? 0 : 1));
        if (bytes !== undefined) expect(row['message_bytes'], `message ${i}`).toBe(bytes);
        if (!isEnded) continue;
        expect(row['observations']).toBe(segments.filter(segment => segment.startsWith('OBX')).length);
        expect(row['orders']).toBe(segments.filter(segment => segment.startsWith('OBR')).length);
      }
    });

    it('finds the messages of the ward', async () => {
      expect(tshark(join(FIXTURES, 'ward.pcap'), 'hl7', 'frame.number').length).toBeGreaterThan(10);
    });

    // Messages without frames and in SYN segments, which tshark shows as bytes only.
    it.runIf(hasShared()).each(['mp-unencrypted_hl7', 'mp-replay_attack', 'mp-data_exfiltration'])(
      'shared capture %s',
      async name => {
        const capture = join(SHARED, 'medical', `${name}.pcap`);
        const [first] = tshark(capture, 'tcp.payload', 'tcp.payload');
        const text = Buffer.from(first![0]!, 'hex').toString('latin1');
        const segments = text.slice(text.indexOf('MSH')).split('\r');
        const wanted = expected(segments);
        const rows = (await decodeFiles([capture])).rows('hl7');
        expect(rows.length).toBeGreaterThan(0);
        expect(shown(rows[0]!, Object.keys(wanted))).toEqual(wanted);
      },
    );
  },
);
