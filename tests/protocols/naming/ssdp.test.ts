import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { ssdp } from '../../../src/protocols/naming/ssdp.ts';
import { describeDecoderLaws, expectLinear } from '../../support/decoder-laws.ts';
import { type PlayOptions, play, recordsOf, type Step } from '../../support/fake-flow.ts';

const UDP: PlayOptions = { transport: 'udp' };
const SEARCH =
  'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 2\r\nST: ssdp:all\r\nUSER-AGENT: Console/2.1 UPnP/1.1\r\n\r\n';
const ALIVE =
  'NOTIFY * HTTP/1.1\r\nHost: 239.255.255.250:1900\r\nCache-Control: max-age = 1800\r\nLocation: http://10.0.0.9/d.xml\r\nNT: upnp:rootdevice\r\nNTS: ssdp:alive\r\nServer: Linux/4.9 UPnP/1.0 Pump/3.2\r\nUSN: uuid:7::upnp:rootdevice\r\n\r\n';
const ANSWER =
  'HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nUSN: uuid:7::upnp:rootdevice\r\nLOCATION: http://10.0.0.9/d.xml\r\n\r\n';

const exchange: Step[] = [
  [ORIG, SEARCH],
  [RESP, ANSWER],
];

describeDecoderLaws(ssdp, { exchange, alive: [[ORIG, ALIVE]] }, UDP);

describe('ssdp', () => {
  it('reads searches and answers', () => {
    const played = play(ssdp, exchange, UDP);
    expect(recordsOf(played, 'ssdp')).toEqual([
      {
        ts: { sec: 1_700_000_000, nsec: 0 },
        frame: 1,
        method: 'M-SEARCH',
        st: 'ssdp:all',
        server: 'Console/2.1 UPnP/1.1',
      },
      {
        ts: { sec: 1_700_000_001, nsec: 0 },
        frame: 2,
        method: 'RESPONSE',
        st: 'upnp:rootdevice',
        usn: 'uuid:7::upnp:rootdevice',
        location: 'http://10.0.0.9/d.xml',
      },
    ]);
    expect(played.software).toEqual([
      { side: ORIG, type: 'UPNP::CONTROL_POINT', text: 'Console/2.1 UPnP/1.1' },
    ]);
  });

  it('reads announcements', () => {
    const played = play(ssdp, [[ORIG, ALIVE]], UDP);
    expect(recordsOf(played, 'ssdp')[0]).toMatchObject({
      method: 'NOTIFY',
      st: 'upnp:rootdevice',
      nts: 'ssdp:alive',
      max_age: 1800,
      server: 'Linux/4.9 UPnP/1.0 Pump/3.2',
    });
    expect(played.software[0]?.type).toBe('UPNP::DEVICE');
    expect(played.identities).toEqual([
      { side: ORIG, attribute: 'system_id', value: 'uuid:7', confidence: 0.9 },
    ]);
    const service = ALIVE.replaceAll('upnp:rootdevice', 'urn:schemas-upnp-org:device:Printer:1');
    expect(play(ssdp, [[ORIG, service]], UDP).identities.map(({ value }) => value)).toEqual([
      'uuid:7',
      'urn:schemas-upnp-org:device:Printer:1',
    ]);
    expect(play(ssdp, [[ORIG, service.replace('alive', 'byebye')]], UDP).identities).toEqual([]);
  });

  it('leaves out what was said already, and says anew what changed', () => {
    const steps = [ALIVE, ALIVE, ALIVE.replace('alive', 'byebye'), ALIVE].map((text): Step => [ORIG, text]);
    expect(recordsOf(play(ssdp, steps, UDP), 'ssdp').map(record => record['frame'])).toEqual([1, 3]);
  });

  it('remembers no more than 256 messages, and loses none', () => {
    const steps = Array.from({ length: 600 }, (_, i): Step => [ORIG, ALIVE.replace('uuid:7', `uuid:${i}`)]);
    expect(recordsOf(play(ssdp, steps, UDP), 'ssdp')).toHaveLength(600);
  });

  it('reads the beginning of a message that is too long, and reports what is none', () => {
    const long = play(ssdp, [[ORIG, `${ALIVE.slice(0, -2)}X: ${'x'.repeat(4000)}`]], UDP);
    expect([long.weirds, recordsOf(long, 'ssdp').length]).toEqual([['SSDP_message_limit'], 1]);
    const other = play(
      ssdp,
      [
        [ORIG, SEARCH],
        [ORIG, 'something else'],
      ],
      UDP,
    );
    expect(other.weirds).toEqual(['SSDP_invalid_message']);
  });

  it('claims its methods on any port, and answers with a name of their own only', () => {
    const verdict = (text: string) => play(ssdp, [[ORIG, text]], { ...UDP, respPort: 40_001 }).verdict;
    expect([SEARCH, ALIVE, ANSWER].map(verdict)).toEqual(['match', 'match', 'match']);
    expect(verdict('HTTP/1.1 200 OK\r\nServer: x\r\n\r\n')).toBe('no');
    expect(verdict('NOTIFY sip:a@b SIP/2.0\r\n\r\n')).toBe('no');
  });

  it('takes linear time', () => {
    const line = `A${':'.repeat(100)}\r\n`;
    expectLinear(n => {
      play(ssdp, Array(Math.ceil(n / 1000)).fill([ORIG, `NOTIFY * HTTP/1.1\r\n${line.repeat(20)}`]), UDP);
    }, 40_000);
  });
});
