/**
 * What every record of a flow has in common: whose it is, and where it was seen. It goes into the columns beside what a
 * decoder said; putting it onto each record first costs more than decoding some of them.
 */

/** The fields of `FLOW_FIELDS` and `EVIDENCE_FIELDS` of a record under way. Borrowed: it is the next record's soon. */
export interface FlowStamp {
  /** Time and frame of the packet under way: those of a record that names none of its own. */
  sec: number;
  nsec: number;
  frame: number;
  uid: string;
  origHost: string;
  origPort: number;
  respHost: string;
  respPort: number;
  /** Name of the capture. */
  capture: string;
  /** Where its flow stands in the dictionaries, as far as a builder has found out. */
  codes: FlowCodes;
}

/** The codes that one builder has given the texts of a flow: they hold as long as its batch and the texts are the same. */
export interface FlowCodes {
  /** Number of the batch under construction; 0 is none. */
  batch: number;
  origHost: string;
  respHost: string;
  uid: number;
  orig: number;
  resp: number;
}

/** The codes of a flow that no builder has seen. */
export function newFlowCodes(): FlowCodes {
  return { batch: 0, origHost: '', respHost: '', uid: 0, orig: 0, resp: 0 };
}

/** A stamp to be filled in. */
export function newFlowStamp(): FlowStamp {
  return {
    sec: 0,
    nsec: 0,
    frame: 0,
    uid: '',
    origHost: '',
    origPort: 0,
    respHost: '',
    respPort: 0,
    capture: '',
    codes: newFlowCodes(),
  };
}
