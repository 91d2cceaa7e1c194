/**
 * TeamViewer's own protocol, recognised by the two bytes that its messages begin with on either side; one `remote_support`
 * record per flow. The protocol is not published and what it carries is encrypted, so that nothing is decoded. On port
 * 5938 one side is enough, elsewhere both must begin so.
 */
import { DONE, defineProtocol, type FlowContext, type Opening, type Verdict } from '../../model/protocol.ts';
import { remoteSupport } from '../../model/streams.ts';

/** Version 1 and 2 of the message header. */
const MARKS = [
  [0x17, 0x24],
  [0x11, 0x30],
] as const;
/** Commands of the first header are small numbers. */
const LAST_COMMAND = 0x40;
const PROBE_BYTES = 16;

function probe({ orig, resp, portHint, fromStart }: Opening): Verdict {
  if (!fromStart) return 'no';
  const sides = [probeSide(orig), probeSide(resp)];
  if (sides.includes('no')) return 'no';
  const matches = sides.filter(side => side === 'match').length;
  return matches === 2 || (matches === 1 && portHint) ? 'match' : 'unsure';
}

function probeSide(bytes: Uint8Array): Verdict {
  if (bytes.length === 0) return 'unsure';
  const mark = MARKS.find(([first]) => first === bytes[0]);
  if (mark === undefined || (bytes.length > 1 && bytes[1] !== mark[1])) return 'no';
  if (bytes.length < 3) return 'unsure';
  return bytes[2]! <= LAST_COMMAND ? 'match' : 'no';
}

export const teamviewer = defineProtocol<FlowContext>({
  name: 'teamviewer',
  transports: ['tcp'],
  ports: [5938],
  probeBytes: PROBE_BYTES,
  maxPending: 1,
  streams: [remoteSupport],
  probe,
  open: flow => flow,
  feed: flow => {
    flow.emit(remoteSupport, { tool: 'TeamViewer', evidence: 'protocol', confidence: 'high' });
    return DONE;
  },
});
