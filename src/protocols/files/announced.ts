/**
 * Flows that carry one file and nothing else, because another flow announced them: the data channels of FTP (RFC 959
 * section 3.2) and files offered over IRC's DCC. They are never recognised by content; `FlowContext.expect` names them.
 *
 * The flow that announces one gives an `AnnouncedFile`, says in it what it knows of the file, and reads there what came of it.
 */
import { type Direction, defineProtocol, type FlowContext, type Protocol } from '../../model/protocol.ts';
import { FlowFiles, fileStreams, type OpenFile } from './transfer.ts';

/** What the announcing flow and the file's own flow tell each other. */
export interface AnnouncedFile {
  /** Known when the transfer is asked for, which may be after its flow was announced. */
  filename?: string | undefined;
  total?: number | undefined;
  /** Set when the first byte comes. */
  file?: OpenFile | undefined;
}

interface State {
  readonly files: FlowFiles;
  readonly announced: AnnouncedFile;
  /** Per direction; mostly one side sends. */
  readonly open: [OpenFile | undefined, OpenFile | undefined];
}

function fileOf(state: State, direction: Direction): OpenFile {
  const known = state.open[direction];
  if (known !== undefined) return known;
  const { filename, total } = state.announced;
  const file = state.files.open(direction, { filename, total });
  state.open[direction] = file;
  state.announced.file ??= file;
  return file;
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  const file = fileOf(state, direction);
  file.feed(bytes, from, to);
  return to - from;
}

function gap(state: State, direction: Direction, length: number): void {
  fileOf(state, direction).miss(length);
}

function close(state: State): void {
  for (const file of state.open) file?.end();
}

/**
 * @param name Zeek's name of the service
 * @param source Zeek's name of the carrier in `files`
 */
function defineCarrier(name: string, source: string): Protocol {
  return defineProtocol<State>({
    name,
    transports: ['tcp'],
    ports: [],
    probeBytes: 1,
    maxPending: 1,
    streams: fileStreams,
    probe: () => 'no',
    open: (flow: FlowContext) => ({
      files: new FlowFiles(flow, source),
      announced: isAnnounced(flow.expected) ? flow.expected : {},
      open: [undefined, undefined],
    }),
    feed,
    gap,
    close,
  });
}

function isAnnounced(memo: unknown): memo is AnnouncedFile {
  return typeof memo === 'object' && memo !== null;
}

export const ftpData = defineCarrier('ftp-data', 'FTP_DATA');
export const ircDccData = defineCarrier('irc-dcc-data', 'IRC_DATA');
