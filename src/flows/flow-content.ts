/**
 * What is kept of a flow that carries payload, beyond its row: who takes its bytes, and bytes that wait. Flows without
 * payload (scans, unanswered attempts) have none, and cost their row alone.
 */
import type { StreamConsumer } from '../model/flow.ts';
import { type Direction, ORIG, RESP } from '../model/protocol.ts';
import type { CutBytes } from './cut-bytes.ts';
import type { FlowHandle } from './flow-handle.ts';
import type { HeldGap } from './held-gap.ts';
import type { OutOfOrder } from './out-of-order.ts';

export class FlowContent {
  readonly handle: FlowHandle;
  /** Takes the bytes; null when nobody does. */
  consumer: StreamConsumer | null = null;
  /** Payload was seen. */
  begun = false;
  /** The consumer was given some. */
  given = false;
  /** Names of recognised protocols, for the `conn` record. */
  service = '';
  /** Segments behind a hole, of each side. */
  readonly waiting: [OutOfOrder | null, OutOfOrder | null] = [null, null];
  /** What the snapshot length cut of each side. */
  readonly cut: [CutBytes | null, CutBytes | null] = [null, null];
  /** A hole whose bytes may still come. */
  held: HeldGap | null = null;

  constructor(handle: FlowHandle) {
    this.handle = handle;
  }

  /** A direction as the consumer knows it, also while the sides are about to change places. */
  told(side: Direction): Direction {
    return this.handle.turned ? (side === ORIG ? RESP : ORIG) : side;
  }
}
