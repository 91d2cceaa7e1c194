/**
 * Stratum, what cryptocurrency miners speak with their pool (JSON-RPC, one message a line; mining.* of Bitcoin and its kin,
 * `login` of Monero's, eth_submitLogin of Ethereum's): one `mining` record per flow. Recognised by a method that nothing
 * else has. Wallets are worth knowing and identify no patient: the account is shown as text.
 *
 * Jobs and shares are counted. Limits: `MAX_LINE`, and `MAX_LINES` lines that are looked at.
 */
import { utf8 } from '../../bytes/text.ts';
import {
  type Direction,
  DONE,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type Moment } from '../../model/schema.ts';
import { type LineReader, lineReader, readLine, resetLine } from '../lines.ts';

const MAX_LINE = 4096;
const MAX_LINES = 10_000;
const PROBE_BYTES = 512;

export const miningStream = flowStream('mining', 'Cryptocurrency miners and their pools.', {
  method: f.string('Method the miner began with.'),
  account: f.string('Wallet or account that is mined for.', 'text'),
  agent: f.string('Program of the miner.', 'text'),
  submitted: f.count('Shares the miner submitted.'),
  jobs: f.count('Jobs the pool gave.'),
});

const METHOD =
  /"method"\s*:\s*"(mining\.[a-z_]{3,30}|eth_(?:submitLogin|getWork|submitWork|submitHashrate)|login|job|submit|keepalived)"/;
/** Of these words alone one cannot tell; a login of Monero's kind also has an algorithm, an agent or a password. */
const COMMON = new Set(['login', 'job', 'submit', 'keepalived']);

interface State {
  readonly flow: FlowContext;
  readonly start: { readonly ts: Moment; readonly frame: number };
  readonly lines: readonly [LineReader, LineReader];
  method: string | undefined;
  account: string | undefined;
  agent: string | undefined;
  submitted: number;
  jobs: number;
  seen: number;
}

function probe({ orig, resp }: Opening): Verdict {
  const text = utf8(orig.subarray(0, PROBE_BYTES));
  if (text === '') return resp.length === 0 || resp[0] === 0x7b ? 'unsure' : 'no';
  if (text[0] !== '{') return 'no';
  const method = METHOD.exec(text)?.[1];
  const isMiner =
    method !== undefined &&
    (!COMMON.has(method) || (method === 'login' && /"(?:algo|agent|pass)"\s*:/.test(text)));
  if (isMiner) return 'match';
  return text.includes('\n') || text.length >= PROBE_BYTES ? 'no' : 'unsure';
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  const line = state.lines[direction];
  let at = from;
  while (at < to) {
    at = readLine(line, bytes, at, to);
    if (!line.found) break;
    if (line.cut) state.flow.weird('stratum_line_too_long');
    else message(state, direction, utf8(bytes, line.from, line.to));
    if (++state.seen === MAX_LINES) {
      close(state);
      return DONE;
    }
  }
  return at - from;
}

function message(state: State, direction: Direction, line: string): void {
  const method = METHOD.exec(line)?.[1];
  if (method === undefined) return;
  if (direction !== ORIG) {
    if (method === 'mining.notify' || method === 'job') state.jobs++;
    return;
  }
  state.method ??= method;
  if (method === 'mining.submit' || method === 'submit' || method === 'eth_submitWork') state.submitted++;
  else if (method === 'login' || method === 'mining.authorize' || method === 'eth_submitLogin')
    login(state, line);
  else if (method === 'mining.subscribe') state.agent ??= firstText(paramsOf(line));
}

function login(state: State, line: string): void {
  const params = paramsOf(line);
  if (Array.isArray(params)) {
    state.account ??= firstText(params);
  } else if (typeof params === 'object' && params !== null) {
    const { login: account, agent } = params as Record<string, unknown>;
    if (typeof account === 'string') state.account ??= account;
    if (typeof agent === 'string') state.agent ??= agent;
  }
}

/** Parameters of a message; undefined when the line is no JSON. */
function paramsOf(line: string): unknown {
  try {
    return (JSON.parse(line) as Record<string, unknown> | null)?.['params'];
  } catch {
    return undefined;
  }
}

function firstText(params: unknown): string | undefined {
  return Array.isArray(params) && typeof params[0] === 'string' ? params[0] : undefined;
}

function close({ flow, start, method, account, agent, submitted, jobs }: State): void {
  flow.emit(miningStream, { ...start, method, account, agent, submitted, jobs });
}

export const stratum = defineProtocol<State>({
  name: 'stratum',
  transports: ['tcp'],
  ports: [3333, 4444, 5555, 7777, 14_444],
  probeBytes: PROBE_BYTES,
  maxPending: MAX_LINE * 2,
  streams: [miningStream],
  probe,
  open: flow => ({
    flow,
    start: { ts: flow.now, frame: flow.frame },
    lines: [lineReader(MAX_LINE), lineReader(MAX_LINE)],
    method: undefined,
    account: undefined,
    agent: undefined,
    submitted: 0,
    jobs: 0,
    seen: 0,
  }),
  feed,
  gap: (state, direction) => resetLine(state.lines[direction]),
  close,
});
