import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { wsDiscovery } from '../../../src/protocols/naming/ws-discovery.ts';
import { describeDecoderLaws, expectLinear } from '../../support/decoder-laws.ts';
import { type PlayOptions, play, recordsOf, type Step, shownText } from '../../support/fake-flow.ts';
import { wsMessage } from './ws-discovery-text.ts';

const UDP: PlayOptions = { transport: 'udp' };
const search = wsMessage('Probe', 'm1', '<d:Types>dpws:Device mdpws:MedicalDevice</d:Types>');
const match = wsMessage(
  'ProbeMatches',
  'm2',
  '<d:ProbeMatch><a:EndpointReference>\n <a:Address>urn:uuid:77</a:Address></a:EndpointReference>' +
    '<d:Types> dpws:Device\n mdpws:MedicalDevice </d:Types><d:Scopes MatchBy="x">sdc.ctxt.loc:/a sdc.mds.pkp:1</d:Scopes>' +
    '<d:XAddrs>https://10.0.0.9:8080/77</d:XAddrs></d:ProbeMatch>',
);
const exchange: Step[] = [
  [ORIG, search],
  [RESP, match],
];

describeDecoderLaws(wsDiscovery, { exchange }, UDP);

describe('ws_discovery', () => {
  it('reads searches and what matches them', () => {
    const played = play(wsDiscovery, exchange, UDP);
    expect(recordsOf(played, 'ws_discovery')).toEqual([
      {
        ts: { sec: 1_700_000_000, nsec: 0 },
        frame: 1,
        action: 'Probe',
        is_orig: true,
        version: '2005/04',
        types: ['dpws:Device', 'mdpws:MedicalDevice'],
      },
      {
        ts: { sec: 1_700_000_001, nsec: 0 },
        frame: 2,
        action: 'ProbeMatches',
        is_orig: false,
        version: '2005/04',
        endpoint: 'urn:uuid:77',
        types: ['dpws:Device', 'mdpws:MedicalDevice'],
        scopes: ['sdc.ctxt.loc:/a', 'sdc.mds.pkp:1'],
        xaddrs: ['https://10.0.0.9:8080/77'],
        schemes: ['https'],
        sdc: true,
        locations: ['a'],
      },
    ]);
    expect(played.weirds).toEqual([]);
  });

  it('says what an answer tells of its sender, and nothing of who searches', () => {
    const scopes =
      'onvif://www.onvif.org/name/Ward%203%20door onvif://www.onvif.org/hardware/C-100 sdc.cdc.type:/u/1/MDC sdc.ctxt.loc:/ward%3';
    const hello = match.replace('sdc.ctxt.loc:/a sdc.mds.pkp:1', scopes).replaceAll('ProbeMatches', 'Hello');
    const told = play(wsDiscovery, [[ORIG, hello]], UDP).identities;
    expect(told.map(({ side, attribute, value, behind }) => [side, attribute, value, behind])).toEqual([
      [ORIG, 'system_id', 'urn:uuid:77', false],
      [ORIG, 'service', 'dpws:Device', false],
      [ORIG, 'service', 'mdpws:MedicalDevice', false],
      [ORIG, 'name', 'Ward 3 door', false],
      [ORIG, 'model', 'C-100', false],
      [ORIG, 'type', 'u MDC', false],
      [ORIG, 'location', 'ward%3', false],
    ]);
    const proxy = hello.replace('dpws:Device', 'd:DiscoveryProxy');
    expect(play(wsDiscovery, [[ORIG, proxy]], UDP).identities.every(({ behind }) => behind)).toBe(true);
    expect(play(wsDiscovery, [[ORIG, search]], UDP).identities).toEqual([]);
  });

  it('gives a record for each match of an answer', () => {
    const one = (uuid: string, port: number): string =>
      `<d:ProbeMatch><a:EndpointReference><a:Address>urn:uuid:${uuid}</a:Address></a:EndpointReference>` +
      `<d:XAddrs>http://10.0.0.${port}/ https://10.0.0.${port}/</d:XAddrs></d:ProbeMatch>`;
    const answer = wsMessage('ProbeMatches', 'm9', one('1', 1) + one('2', 2));
    expect(
      recordsOf(play(wsDiscovery, [[RESP, answer]], UDP), 'ws_discovery').map(r => [
        r['endpoint'],
        r['xaddrs'],
        r['schemes'],
      ]),
    ).toEqual([
      ['urn:uuid:1', ['http://10.0.0.1/', 'https://10.0.0.1/'], ['http', 'https']],
      ['urn:uuid:2', ['http://10.0.0.2/', 'https://10.0.0.2/'], ['http', 'https']],
    ]);
    const many = wsMessage(
      'ProbeMatches',
      'm8',
      Array.from({ length: 40 }, (_, i) => one(`${i}`, i)).join(''),
    );
    expect(recordsOf(play(wsDiscovery, [[RESP, many]], UDP), 'ws_discovery')).toHaveLength(16);
  });

  it('reads the scopes of a medical device, and keeps its patient to itself', () => {
    const hello = wsMessage(
      'Hello',
      'm7',
      '<a:EndpointReference><a:Address>urn:uuid:5</a:Address></a:EndpointReference><d:Types xmlns:m="http://standards.ieee.org/' +
        'downloads/11073/11073-20702-2016">m:MedicalDevice</d:Types><d:Scopes>sdc.mds.pkp:1.2.840.10004.20701.1.1 ' +
        'sdc.ctxt.loc:/sdc.ctxt.loc.detail/H%2F%2F%2FICU%2F%2FBed7?fac=H&amp;poc=ICU&amp;bed=Bed%207 sdc.cdc.type:///130535 ' +
        'sdc.cdc.type:/urn:oid:1.3.6.1.4.1.3592.2.1.1.0//DN_VMD sdc.ctxt.pat:/hospital/MRN-CANARY-7731 ' +
        'sdc.ctxt.opr:/staff/canaryuser</d:Scopes>',
    );
    const played = play(wsDiscovery, [[ORIG, hello]], UDP);
    expect(recordsOf(played, 'ws_discovery')).toMatchObject([
      {
        sdc: true,
        scopes: [
          'sdc.mds.pkp:1.2.840.10004.20701.1.1',
          'sdc.ctxt.loc:/sdc.ctxt.loc.detail/H%2F%2F%2FICU%2F%2FBed7?fac=H&amp;poc=ICU&amp;bed=Bed%207',
          'sdc.cdc.type:///130535',
          'sdc.cdc.type:/urn:oid:1.3.6.1.4.1.3592.2.1.1.0//DN_VMD',
          'sdc.ctxt.pat:',
          'sdc.ctxt.opr:',
        ],
        locations: ['H/ICU/Bed 7'],
        device_types: ['MDC 130535', 'urn:oid:1.3.6.1.4.1.3592.2.1.1.0 DN_VMD'],
        patient: { kind: 'mrn' },
      },
    ]);
    expect(played.phi).toEqual([
      { protocol: 'ws_discovery', carrier: 'Hello', items: [{ kind: 'mrn', values: ['MRN-CANARY-7731'] }] },
    ]);
    expect(shownText(played)).not.toMatch(/CANARY|canary/);
  });

  it('leaves out a message that is sent again', () => {
    const steps = [search, search, search.replace('m1', 'm3')].map((text): Step => [ORIG, text]);
    expect(recordsOf(play(wsDiscovery, steps, UDP), 'ws_discovery')).toHaveLength(2);
  });

  it('reports other actions and messages that are too long', () => {
    expect(play(wsDiscovery, [[ORIG, wsMessage('Dance', 'm1', '')]], UDP).weirds).toEqual([
      'WS_Discovery_invalid_message',
    ]);
    expect(play(wsDiscovery, [[ORIG, `${search}${' '.repeat(20_000)}`]], UDP).weirds).toEqual([
      'WS_Discovery_message_limit',
    ]);
  });

  it('is recognised by its namespaces, on any port', () => {
    const verdict = (text: string) =>
      play(wsDiscovery, [[ORIG, new Uint8Array(Buffer.from(text))]], { ...UDP, respPort: 40_001 }).verdict;
    const later = search.replaceAll(
      'http://schemas.xmlsoap.org/ws/2005/04/discovery',
      'http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01',
    );
    expect([search, `\u{feff}${later}`].map(verdict)).toEqual(['match', 'match']);
    expect([search.replaceAll('discovery', 'x'), `x${search}`, '<'].map(verdict)).toEqual(['no', 'no', 'no']);
  });

  it('takes linear time for what only looks like its elements', () => {
    for (const unit of ['<d:Types ', '<d:Types>', '<a:EndpointReference> ', `<${'a'.repeat(60)}:`]) {
      expectLinear(n => {
        const text = search.replace('<d:Types>', unit.repeat(Math.floor(12_000 / unit.length)));
        play(wsDiscovery, Array(Math.ceil(n / 1000)).fill([ORIG, text.replace('m1', '')]), UDP);
      }, 8000);
    }
  });
});
