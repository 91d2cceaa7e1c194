/** Openings of the protocols in `protocols/web/`. */
import { sealInitial } from '../web/quic-bytes.ts';
import { alert, bytes, clientHello, message, record } from '../web/ssl-bytes.ts';
import type { Sample } from './sample.ts';

const ID = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

export const WEB: readonly Sample[] = [
  { owner: 'http', what: 'a request', orig: 'GET / HTTP/1.1\r\nHost: h\r\n\r\n' },
  { owner: 'http', what: 'a DICOMweb request', orig: 'GET /studies?PatientID=1 HTTP/1.1\r\nHost: h\r\n\r\n' },
  {
    owner: 'http2',
    what: 'the preface of a client',
    orig: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0',
  },
  { owner: 'http', what: 'a response', resp: 'HTTP/1.1 200 OK\r\n\r\n' },
  { owner: 'ssl', what: 'a ClientHello', orig: record(22, message(1, clientHello()), 0x0301) },
  {
    owner: 'quic',
    what: 'an Initial packet',
    transport: 'udp',
    orig: sealInitial({ keyId: ID, destination: ID, source: ID, content: new Uint8Array(1) }),
  },
  {
    owner: 'dtls',
    what: 'a ClientHello in a datagram',
    transport: 'udp',
    orig: bytes(
      22,
      [0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 54],
      1,
      [0, 0, 42, 0, 0, 0, 0, 0, 0, 0, 42],
      [0xfe, 0xfd],
      new Uint8Array(40),
    ),
  },
  {
    owner: 'ssl',
    what: 'an alert and a hello',
    orig: bytes(alert(112), record(22, message(1, clientHello()))),
  },
  { owner: 'rtsp', what: 'a request', orig: 'DESCRIBE rtsp://a/b RTSP/1.0\r\n' },
];
