import { describe, expect, test } from 'vitest';
import { ORIG } from '../../../../src/model/protocol.ts';
import { atnaPayload } from '../../../../src/protocols/clinical/atna/payload.ts';
import { syslog } from '../../../../src/protocols/management/syslog.ts';
import { http } from '../../../../src/protocols/web/http.ts';
import { describeDecoderLaws, expectLinear } from '../../../support/decoder-laws.ts';
import {
  bytesOf,
  everySplit,
  outcome,
  play,
  recordsOf,
  type Step,
  shownText,
} from '../../../support/fake-flow.ts';

/** As IHE's Patient Demographics Query writes it, with the codes of DICOM. */
const QUERY = [
  '<?xml version="1.0" encoding="UTF-8"?>',
  '<AuditMessage>',
  '<EventIdentification EventActionCode="E" EventDateTime="2026-03-01T12:00:00.5+01:00" EventOutcomeIndicator="0">',
  '<EventID csd-code="110112" codeSystemName="DCM" originalText="Query"/>',
  '<EventTypeCode csd-code="ITI-21" codeSystemName="IHE Transactions" originalText="Patient Demographics Query"/>',
  '</EventIdentification>',
  '<ActiveParticipant UserID="VIEWER|H" AlternativeUserID="4711" UserIsRequestor="false" NetworkAccessPointID="10.1.1.7" NetworkAccessPointTypeCode="2">',
  '<RoleIDCode csd-code="110153" codeSystemName="DCM" originalText="Source Role ID"/></ActiveParticipant>',
  '<ActiveParticipant UserID="canaryuser" UserName="CANARYDOC Anna" UserIsRequestor="true"/>',
  '<ActiveParticipant UserID="EHR|H" UserIsRequestor="false" NetworkAccessPointID="ehr.example"/>',
  '<AuditSourceIdentification AuditEnterpriseSiteID="Hospital" AuditSourceID="viewer-7"/>',
  '<ParticipantObjectIdentification ParticipantObjectID="MRN-CANARY-7731^^^&amp;1.2.3&amp;ISO" ParticipantObjectTypeCode="1" ParticipantObjectTypeCodeRole="1">',
  '<ParticipantObjectIDTypeCode csd-code="2"/><ParticipantObjectName>CANARYLAST^CANARYFIRST</ParticipantObjectName>',
  '</ParticipantObjectIdentification>',
  '<ParticipantObjectIdentification ParticipantObjectID="Q-1" ParticipantObjectTypeCode="2" ParticipantObjectTypeCodeRole="24">',
  '<ParticipantObjectQuery>UElELTVeQ0FOQVJZTEFTVA==</ParticipantObjectQuery></ParticipantObjectIdentification>',
  '</AuditMessage>',
].join('\n');
const LOGIN =
  '<AuditMessage><EventIdentification EventActionCode="E" EventOutcomeIndicator="8"><EventID code="110114"/>' +
  '<EventTypeCode code="110122"/></EventIdentification></AuditMessage>';

const sent = (xml: string, messageId = 'IHE+RFC-3881') =>
  `<85>1 2026-03-01T11:00:00Z pacs.example atna 4711 ${messageId} - \xef\xbb\xbf${xml}`;
const udp: Step[] = [
  [ORIG, sent(QUERY)],
  [ORIG, sent(LOGIN, 'DICOM+RFC3881')],
];

test('reads audit messages in syslog', () => {
  const played = play(syslog, udp, { transport: 'udp' });
  expect(recordsOf(played, 'atna')).toEqual([
    {
      ts: expect.anything(),
      frame: 1,
      is_orig: true,
      source: 'SYSLOG',
      event_id: '110112',
      event: 'Query',
      event_types: ['ITI-21'],
      action: 'E',
      outcome: 0,
      event_time: '2026-03-01T12:00:00.5+01:00',
      audit_source: 'viewer-7',
      site: 'Hospital',
      participants: 3,
      requestor: expect.objectContaining({ kind: 'user' }),
      access_points: ['10.1.1.7', 'ehr.example'],
      objects: 2,
      object_roles: ['patient', 'query'],
      queries: 1,
      phi_fields: ['ParticipantObjectID', 'ParticipantObjectName', 'ParticipantObjectQuery', 'UserName'],
      kinds: ['mrn', 'operator_name', 'patient_name'],
      complete: true,
    },
    {
      ts: expect.anything(),
      frame: 2,
      is_orig: true,
      source: 'SYSLOG',
      event_id: '110114',
      event: 'User Authentication',
      event_types: ['110122'],
      action: 'E',
      outcome: 8,
      participants: 0,
      objects: 0,
      queries: 0,
      complete: true,
    },
  ]);
  expect(played.phi).toMatchObject([
    {
      protocol: 'syslog',
      carrier: 'Query',
      items: [
        { kind: 'operator_name', values: ['CANARYDOC Anna'] },
        { kind: 'mrn', values: ['MRN-CANARY-7731'] },
        { kind: 'patient_name', values: ['CANARYLAST^CANARYFIRST'] },
      ],
    },
  ]);
  const [line] = recordsOf(played, 'syslog');
  expect(line).toMatchObject({ atna: true, host_name: 'pacs.example' });
  expect(line).not.toHaveProperty('message');
  expect(shownText(played)).not.toMatch(/canary/i);
});

test('reads them in syslog over TCP with lengths in front, and posted over HTTP', () => {
  const message = sent(QUERY);
  const tcp: Step[] = [[ORIG, `${message.length} ${message}`]];
  const inTcp = play(syslog, tcp);
  expect(recordsOf(inTcp, 'atna')).toMatchObject([{ event_id: '110112', objects: 2 }]);
  for (const { played } of everySplit(syslog, tcp)) expect(outcome(played)).toEqual(outcome(inTcp));
  const posted = play(http, [
    [
      ORIG,
      `POST /audit HTTP/1.1\r\nHost: h\r\nContent-Type: application/xml\r\nContent-Length: ${QUERY.length}\r\n\r\n${QUERY}`,
    ],
  ]);
  expect(recordsOf(posted, 'atna')).toMatchObject([{ source: 'HTTP', event: 'Query', complete: true }]);
  expect(shownText(posted)).not.toMatch(/canary/i);
});

test('a message that is cut has what was there', () => {
  const played = play(syslog, [[ORIG, sent(QUERY.slice(0, QUERY.indexOf('<AuditSource')))]], {
    transport: 'udp',
  });
  expect(recordsOf(played, 'atna')).toMatchObject([
    { event_id: '110112', participants: 3, objects: 0, complete: false },
  ]);
});

test('values that are none are not shown', () => {
  const odd =
    '<AuditMessage><EventIdentification EventActionCode="CANARY" EventOutcomeIndicator="x" EventDateTime="CANARY"/>' +
    '<ParticipantObjectIdentification ParticipantObjectTypeCode="1" ParticipantObjectTypeCodeRole="99" ParticipantObjectID="CANARY"/></AuditMessage>';
  const played = play(syslog, [[ORIG, sent(odd)]], { transport: 'udp' });
  expect(recordsOf(played, 'atna')).toMatchObject([{ objects: 1, participants: 0 }]);
  expect(played.phi).toEqual([]);
  expect(shownText(played)).not.toContain('CANARY');
});

describe('recognition', () => {
  const carrier = { source: 'SYSLOG', side: ORIG } as const;
  test.each([
    ['<AuditMessage>', 'match'],
    ['\xef\xbb\xbf<?xml version="1.0"?>\n<!-- x --><at:AuditMessage xmlns:at="x">', 'match'],
    ['<?xml version="1.0"?>', 'unsure'],
    ['<AuditMess', 'unsure'],
    ['<AuditMessages>', 'no'],
    ['<html><AuditMessage>', 'no'],
    ['{"a":1}', 'no'],
  ])('%j: %s', (head, verdict) => {
    expect(atnaPayload.probe(bytesOf(head), carrier, false)).toBe(verdict);
  });
});

test('takes linear time', () => {
  for (const unit of ['<ActiveParticipant UserID="x"/>', '<a>', '<!--', '<? ?>', 'x'])
    expectLinear(
      n =>
        play(syslog, [[ORIG, sent(`<AuditMessage>${unit.repeat(n / unit.length)}`)]], {
          transport: 'udp',
          timed: true,
        }),
      20_000,
    );
  for (const unit of ['<?x?>', '<!', ' '])
    expectLinear(
      n =>
        atnaPayload.probe(
          bytesOf(`<?xml?>${unit.repeat(n / unit.length)}`),
          { source: 'HTTP', side: ORIG },
          false,
        ),
      20_000,
    );
});

describeDecoderLaws(syslog, { audit: udp }, { transport: 'udp' });
