/** Whole exchanges that several tests use. */
import { ORIG, RESP } from '../../../../src/model/protocol.ts';
import type { Step } from '../../../support/fake-flow.ts';
import {
  associateAc,
  associateRq,
  bytes,
  command,
  ctObject,
  dataset,
  element,
  HAS_DATASET,
  IMPLICIT,
  RELEASE_RP,
  RELEASE_RQ,
  response,
  storeRq,
  UID,
} from './build.ts';

/** One C-STORE from association to release. */
export function store(syntax: string = UID.implicit, content = ctObject(IMPLICIT)): Step[] {
  return [
    [ORIG, associateRq({ contexts: [{ id: 1, abstract: UID.ct, transfers: [syntax] }] })],
    [RESP, associateAc({ contexts: [[1, syntax]], maxPdu: 0 })],
    [ORIG, command(storeRq())],
    [ORIG, dataset(content)],
    [RESP, command(response(0x0001, 1, 0))],
    [ORIG, RELEASE_RQ],
    [RESP, RELEASE_RP],
  ];
}

/** A C-FIND for everybody with two matches, from association to release. */
export const FIND: Step[] = [
  [ORIG, associateRq({ contexts: [{ id: 3, abstract: UID.patientFind }] })],
  [RESP, associateAc({ contexts: [[3, UID.implicit]] })],
  [
    ORIG,
    command(
      [
        [0x0002, UID.patientFind],
        [0x0100, 0x0020],
        [0x0110, 7],
        [0x0700, 0],
        [0x0800, HAS_DATASET],
      ],
      3,
    ),
  ],
  [
    ORIG,
    dataset(
      bytes(
        element(IMPLICIT, 0x0008, 0x0052, 'CS', 'PATIENT'),
        element(IMPLICIT, 0x0010, 0x0010, 'PN', '*'),
        element(IMPLICIT, 0x0010, 0x0020, 'LO', ''),
      ),
      3,
    ),
  ],
  ...[1, 2].map(
    n =>
      [
        RESP,
        bytes(
          command([...response(0x0020, 7, 0xff00).filter(([id]) => id !== 0x0800), [0x0800, HAS_DATASET]], 3),
          dataset(
            bytes(
              element(IMPLICIT, 0x0010, 0x0010, 'PN', 'CANARY^PATIENT'),
              element(IMPLICIT, 0x0010, 0x0020, 'LO', `CANARYMRN7${n}`),
            ),
            3,
          ),
        ),
      ] as const,
  ),
  [RESP, command(response(0x0020, 7, 0), 3)],
  [ORIG, RELEASE_RQ],
  [RESP, RELEASE_RP],
];
