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
  };
}
