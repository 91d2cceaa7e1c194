/**
 * HL7 version 2 over TCP, in MLLP frames or without, on any port: one reader per direction (`reader.ts`), and
 * acknowledgements paired with what they acknowledge (`answers.ts`). Recognised by a header segment that defines its
 * separators (`header.ts`).
 *
 * Not decoded: continuation (DSC), XML encoding of version 2, HL7 inside TLS (`ssl` names the flow), and values of
 * observations, which stay where they are.
 */
import { defineProtocol, type FlowContext, ORIG, RESP } from '../../../model/protocol.ts';
import { Answers } from './answers.ts';
import { PROBE_BYTES, probe } from './header.ts';
import { Hl7Reader } from './reader.ts';
import { hl7Stream } from './schema.ts';

type Readers = readonly [Hl7Reader, Hl7Reader];

function open(flow: FlowContext): Readers {
  const answers = new Answers();
  return [
    new Hl7Reader(flow, { direction: ORIG, answers }),
    new Hl7Reader(flow, { direction: RESP, answers }),
  ];
}

/** HL7 version 2, with and without MLLP. */
export const hl7 = defineProtocol<Readers>({
  name: 'hl7',
  transports: ['tcp'],
  // IANA hl7; 6661 is the first port interface engines offer. Sites use many others.
  ports: [2575, 6661],
  probeBytes: PROBE_BYTES,
  maxPending: 1,
  streams: [hl7Stream],
  probe,
  open,
  feed(readers, direction, bytes, from, to) {
    readers[direction].feed(bytes, from, to);
    return to - from;
  },
  gap: (readers, direction) => readers[direction].miss(),
  close(readers) {
    for (const reader of readers) reader.end(true);
  },
});
