import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../../src/model/protocol.ts';
import { http } from '../../../../src/protocols/web/http.ts';
import { describeDecoderLaws } from '../../../support/decoder-laws.ts';
import { play, recordsOf, type Step, shownText } from '../../../support/fake-flow.ts';
import { GET_MDIB, mdib, ok, post, SET_VALUE, SET_VALUE_RESPONSE, soap } from './messages.ts';

const DIALOGUE: readonly Step[] = [
  [ORIG, post(GET_MDIB)],
  [RESP, ok(mdib('SN1'))],
  [ORIG, post(SET_VALUE)],
  [RESP, ok(SET_VALUE_RESPONSE)],
];

const sdc = (steps: readonly Step[]) => recordsOf(play(http, steps), 'sdc');

describe('sdc in HTTP', () => {
  it('says what was asked of a device', () => {
    expect(sdc(DIALOGUE)).toMatchObject([
      {
        source: 'HTTP',
        is_orig: true,
        kind: 'read',
        service: 'GetService',
        action: 'GetMdib',
        to: 'http://10.0.0.2:6464/dev',
      },
      { is_orig: false, kind: 'read', action: 'GetMdibResponse', devices: 1, patient: { kind: 'mrn' } },
      { is_orig: true, kind: 'write', service: 'SetService', action: 'SetValue', operation: 'op.rate' },
      { is_orig: false, kind: 'write', action: 'SetValueResponse', state: 'Wait' },
    ]);
  });

  it('tells the identifiers of a patient and shows none', () => {
    const played = play(http, DIALOGUE);
    expect(played.phi).toMatchObject([
      {
        protocol: 'http',
        payload: 'sdc',
        carrier: 'GetMdibResponse',
        items: [
          { kind: 'mrn', values: ['MRN-CANARY-7731'] },
          { kind: 'patient_name', values: ['CANARYLAST^CANARYFIRST'] },
          { kind: 'birth_date', values: ['19470229'] },
        ],
      },
    ]);
    expect(shownText(played)).not.toContain('CANARY');
  });

  it('tells who the device is, and who is behind a gateway', () => {
    const identities = (...serials: string[]) =>
      play(http, [
        [ORIG, post(GET_MDIB)],
        [RESP, ok(mdib(...serials))],
      ]).identities.filter(({ side }) => side === RESP);
    expect(identities('SN1').map(({ attribute, value, behind }) => [attribute, value, behind])).toEqual([
      ['udi', '(01)04047963000000', false],
      ['vendor', 'Vent Makers', false],
      ['model', 'V900', false],
      ['serial', 'SN1', false],
    ]);
    expect(identities('SN1', 'SN2').map(({ behind }) => behind)).toEqual(new Array(8).fill(true));
  });

  it.each([
    ['StateEventService/EpisodicMetricReport', '<msg:EpisodicMetricReport/>', 'report'],
    ['WaveformService/WaveformStream', '<msg:WaveformStream/>', 'report'],
    ['SetService/Activate', '<msg:Activate/>', 'write'],
    ['http://schemas.xmlsoap.org/ws/2004/08/eventing/Subscribe', '<wse:Subscribe/>', 'subscription'],
    ['http://schemas.xmlsoap.org/ws/2004/09/transfer/Get', '', 'metadata'],
    ['urn:other:Dance', '<x/>', 'other'],
  ])('%s', (action, body, kind) => {
    expect(sdc([[ORIG, post(soap(action, body))]])).toMatchObject([
      { kind, action: action.split('/').pop() },
    ]);
  });

  it('takes the body for the action when there is no header', () => {
    const bare = GET_MDIB.replace(/<s12:Header>.*<\/s12:Header>/s, '');
    expect(sdc([[ORIG, post(bare)]])).toMatchObject([{ action: 'GetMdib', kind: 'read' }]);
  });

  it('reads the code of a fault', () => {
    const fault = soap(
      'http://www.w3.org/2005/08/addressing/fault',
      '<s12:Fault><s12:Code><s12:Value>s12:Sender</s12:Value></s12:Code></s12:Fault>',
    );
    expect(sdc([DIALOGUE[0]!, [RESP, ok(fault)]])).toMatchObject([{}, { fault: 's12:Sender' }]);
  });

  it('survives elements that never end, and says where it stopped', () => {
    const deep = soap('GetService/GetMdib', `<msg:GetMdib>${'<a>'.repeat(5000)}`);
    expect(sdc([[ORIG, post(deep)]])).toMatchObject([{ action: 'GetMdib' }]);
    const crossed = soap('GetService/GetMdib', '<a><b></a></b></c></d>').replace('</s12:Envelope>', '');
    expect(sdc([[ORIG, post(crossed)]])).toMatchObject([{ action: 'GetMdib' }]);
    const long = soap('GetService/GetMdib', `<msg:GetMdib>${' '.repeat(1_200_000)}</msg:GetMdib>`);
    expect(play(http, [[ORIG, post(long)]]).weirds).toEqual(['sdc_message_limit']);
  });

  it('leaves other SOAP alone', () => {
    expect(sdc([[ORIG, post(GET_MDIB.replaceAll('/11073/', '/1/'))]])).toEqual([]);
    expect(sdc([[ORIG, post('<html></html>')]])).toEqual([]);
  });

  describeDecoderLaws(http, { dialogue: [DIALOGUE[2]!, DIALOGUE[3]!] });
});
