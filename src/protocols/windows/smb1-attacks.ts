/**
 * Traces that MS17-010 and what is built on it leave in SMB 1, as weirds. None of them occurs in ordinary use:
 *
 * - `smb1_ms17_010_probe`: PeekNamedPipe on no file, the question scanners ask; `smb1_ms17_010_vulnerable` when the
 *   server answers it with "insufficient server resources".
 * - `smb1_nt_transact_oversize`: a transaction that announces more data than its 16-bit counters hold.
 * - `smb1_secondary_mismatch`: a transaction begun as one kind and continued as another, which makes the server count
 *   its buffer wrongly (CVE-2017-0144).
 * - `smb1_trans2_session_setup`: the reserved subcommand that nobody implements, used to knock on an implant;
 *   `smb1_doublepulsar` when the answer's multiplex identifier is not the request's.
 *
 * Limit: `MAX_PRIMARIES` transactions are remembered.
 */
import { u16le, u32le } from '../../bytes/read.ts';
import type { FlowContext } from '../../model/protocol.ts';
import { remember } from './bounded-map.ts';
import { SMB1, type Smb1Block } from './smb1-messages.ts';

const MAX_PRIMARIES = 256;
const PEEK_NAMED_PIPE = 0x23;
const TRANS2_SESSION_SETUP = 0x0e;
const STATUS_INSUFF_SERVER_RESOURCES = 0xc000_0205;
const STATUS_NOT_IMPLEMENTED = 0xc000_0002;

/** Which primary request a secondary one continues. */
const PRIMARY_OF: Readonly<Record<number, number>> = {
  [SMB1.transactionSecondary]: SMB1.transaction,
  [SMB1.transaction2Secondary]: SMB1.transaction2,
  [SMB1.ntTransactSecondary]: SMB1.ntTransact,
};

export class Smb1Attacks {
  readonly #flow: FlowContext;
  /** Command of the transaction a multiplex identifier stands for. */
  readonly #primaries = new Map<number, number>();
  #peeked = false;
  /** Multiplex identifier of the knock. */
  #knock: number | undefined;

  constructor(flow: FlowContext) {
    this.#flow = flow;
  }

  request(block: Smb1Block): void {
    const { bytes, command, words, wordBytes, id, multiplexId } = block;
    const primary = PRIMARY_OF[command];
    if (primary !== undefined) {
      const begun = this.#primaries.get(id);
      if (begun !== undefined && begun !== primary) this.#flow.weird('smb1_secondary_mismatch');
      return;
    }
    if (command === SMB1.transaction && wordBytes >= 32) {
      remember(this.#primaries, id, command, MAX_PRIMARIES);
      this.#peeked = u16le(bytes, words + 28) === PEEK_NAMED_PIPE && u16le(bytes, words + 30) === 0;
      if (this.#peeked) this.#flow.weird('smb1_ms17_010_probe');
    } else if (command === SMB1.transaction2 && wordBytes >= 30) {
      remember(this.#primaries, id, command, MAX_PRIMARIES);
      if (u16le(bytes, words + 28) !== TRANS2_SESSION_SETUP) return;
      this.#knock = multiplexId;
      this.#flow.weird('smb1_trans2_session_setup');
    } else if (command === SMB1.ntTransact && wordBytes >= 38) {
      remember(this.#primaries, id, command, MAX_PRIMARIES);
      // Total count of data (MS-CIFS section 2.2.4.62.1).
      if (u32le(bytes, words + 7) > 0xffff) this.#flow.weird('smb1_nt_transact_oversize');
    }
  }

  response({ command, status, multiplexId }: Smb1Block): void {
    if (command === SMB1.transaction && this.#peeked) {
      this.#peeked = false;
      if (status === STATUS_INSUFF_SERVER_RESOURCES) this.#flow.weird('smb1_ms17_010_vulnerable');
    }
    if (command === SMB1.transaction2 && this.#knock !== undefined && status === STATUS_NOT_IMPLEMENTED) {
      if (multiplexId !== this.#knock) this.#flow.weird('smb1_doublepulsar');
      this.#knock = undefined;
    }
  }
}
