/**
 * State of one flow that speaks DICOM: the association under way, what was negotiated, and the requests that wait for
 * their responses. `negotiation.ts` changes the former, `exchange.ts` the latter.
 */
import type { Direction, FlowContext } from '../../../model/protocol.ts';
import type { Moment, RecordOf } from '../../../model/schema.ts';
import type { AssociateRequest } from './association.ts';
import type { Inflation } from './content.ts';
import type { dicomStream } from './schema.ts';

/** A row of the `dicom` stream. */
export type DicomRecord = RecordOf<typeof dicomStream>;

/** An association, from its request on. */
export interface Association {
  readonly requestor: Direction;
  readonly request: AssociateRequest;
  readonly ts: Moment;
  readonly frame: number;
  phase: 'requested' | 'accepted' | 'ended';
  commands: number;
  /** What was stored, by direction and SOP class. */
  readonly stored: Map<string, Stored>;
}

/** Instances of one SOP class that one side stored at the other in an association. */
export interface Stored {
  readonly isOrig: boolean;
  readonly sopClass: string;
  instances: number;
  bytes: number;
  completed: number;
  failed: number;
}

/** A DIMSE request, and what has come back so far. */
export interface Exchange {
  readonly requester: Direction;
  /** Operation without the response bit. */
  readonly operation: number;
  readonly record: DicomRecord;
  readonly kinds: Set<string>;
  stored: Stored | undefined;
  privateElements: number | undefined;
}

/** What is known of the flow so far. */
export interface Dialogue {
  readonly flow: FlowContext;
  association: Association | undefined;
  /** Transfer syntax by presentation context identifier. */
  transferSyntaxes: ReadonlyMap<number, string>;
  readonly inflation: Inflation;
  /** Largest P-DATA-TF each direction may send, undefined when not known. */
  readonly maxPdu: [number | undefined, number | undefined];
  readonly outstanding: readonly [Map<number, Exchange>, Map<number, Exchange>];
  /** Bytes were lost or the association was aborted: messages without their beginning are no anomaly. */
  incomplete: boolean;
}

/** The state of a flow nothing is known of yet. */
export function newDialogue(flow: FlowContext): Dialogue {
  return {
    flow,
    association: undefined,
    transferSyntaxes: new Map(),
    inflation: { bytes: 0 },
    maxPdu: [undefined, undefined],
    outstanding: [new Map(), new Map()],
    incomplete: false,
  };
}

/** AE titles of the association, for every record of it. */
export function titles(association: Association | undefined): DicomRecord {
  return { called_ae: association?.request.calledAe, calling_ae: association?.request.callingAe };
}
