import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { http } from '../../../src/protocols/web/http.ts';
import { everySplit, play, type Step } from '../../support/fake-flow.ts';

const DESCRIPTION = `<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion><major>1</major></specVersion>
<device><deviceType>urn:schemas-upnp-org:device:Basic:1</deviceType><friendlyName>Ward 3 &amp; 4 camera</friendlyName>
<manufacturer>AXIS</manufacturer><modelName>AXIS M1065</modelName><serialNumber>ACCC8E</serialNumber>
<deviceList><device><modelName>a part</modelName></device></deviceList><UDN>uuid:5</UDN></device>
<modelName>outside</modelName></root>`;

const exchange = (body: string, request = ''): Step[] => [
  [ORIG, `POST /d.xml HTTP/1.1\r\nHost: a\r\nContent-Length: ${request.length}\r\n\r\n${request}`],
  [RESP, `HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: ${body.length}\r\n\r\n${body}`],
];

const told = (steps: readonly Step[]) =>
  play(http, steps).identities.map(({ side, attribute, value, source }) => [side, attribute, value, source]);

const ALL = [
  [RESP, 'service', 'urn:schemas-upnp-org:device:Basic:1', 'upnp'],
  [RESP, 'name', 'Ward 3 & 4 camera', 'upnp'],
  [RESP, 'vendor', 'AXIS', 'upnp'],
  [RESP, 'model', 'AXIS M1065', 'upnp'],
  [RESP, 'serial', 'ACCC8E', 'upnp'],
  [RESP, 'system_id', 'uuid:5', 'upnp'],
];

describe('descriptions of UPnP devices', () => {
  it('say what the device is, not what its parts are, however they are cut', () => {
    expect(told(exchange(DESCRIPTION))).toEqual(ALL);
    for (const { played } of everySplit(http, exchange(DESCRIPTION)))
      expect(played.identities).toHaveLength(ALL.length);
  });

  it('count in answers only, and as descriptions only', () => {
    expect(told(exchange('<a/>', DESCRIPTION))).toEqual([]);
    expect(told(exchange(DESCRIPTION.replace('upnp-org:device-1-0', 'other')))).toEqual([]);
  });

  it('may break off anywhere', () => {
    for (let length = 0; length < DESCRIPTION.length; length += 7) {
      const cut = exchange(DESCRIPTION);
      told([cut[0]!, [RESP, `HTTP/1.1 200 OK\r\n\r\n${DESCRIPTION.slice(0, length)}`]]);
    }
  });
});
