/**
 * What becomes of a TLS or DTLS handshake: one `ssl` record, and an `x509` record per certificate. The record layers
 * (`ssl.ts`, `dtls.ts`) say what they see: messages, changes of the cipher, alerts, encrypted records.
 *
 * "Established" is Zeek's meaning: both sides have sent something encrypted, that is after the side's ChangeCipherSpec, or
 * its first application data when a version later than TLS 1.2 was (or may have been) negotiated.
 *
 * Limits: `MAX_HISTORY`, `MAX_CHAIN`.
 */
import { type Direction, type FlowContext, ORIG, otherSide, RESP } from '../../model/protocol.ts';
import { f, flowStream, type RecordOf } from '../../model/schema.ts';
import { FlowFiles } from '../files/transfer.ts';
import { type Ja4Transport, ja3, ja3s, ja4 } from './ja.ts';
import { reportOcsp } from './ocsp.ts';
import {
  CERTIFICATE,
  CERTIFICATE_STATUS,
  CLIENT_HELLO,
  CLIENT_KEY_EXCHANGE,
  SERVER_HELLO,
  SERVER_KEY_EXCHANGE,
} from './ssl-fragments.ts';
import {
  readCertificates,
  readClientHello,
  readNamedCurve,
  readPrimeBits,
  readServerHello,
} from './ssl-hello.ts';
import { insideOf } from './ssl-inside.ts';
import {
  alertName,
  cipherName,
  DTLS_1_2,
  groupName,
  historyLetter,
  TLS_1_2,
  versionName,
} from './ssl-names.ts';
import { type Certificate, certificateRecord, isFor, readCertificate, x509Stream } from './x509.ts';

/** Letters of `ssl_history`. */
const MAX_HISTORY = 64;
/** Certificates of one chain that are read. */
const MAX_CHAIN = 16;

/** Zeek's `ssl.log`, and fingerprints. */
export const sslStream = flowStream(
  'ssl',
  'One line per TLS, DTLS or SSL handshake. Chains are not validated.',
  {
    version: f.string(
      'Version the server chose: SSLv2, SSLv3, TLSv10 … TLSv13, DTLSv10, DTLSv12 or DTLSv13.',
    ),
    cipher: f.string('Cipher suite the server chose.'),
    curve: f.string('Elliptic curve or group the server chose.'),
    server_name: f.string('Name the client asked for (SNI).', 'text'),
    resumed: f.bool('An earlier session was resumed.'),
    last_alert: f.string('Last alert that was readable.'),
    next_protocol: f.string('Application protocol the server chose (ALPN), when readable.', 'text'),
    inside: f.enum(
      'Medical protocol that is probably inside: hl7, dicom, or syslog of audit messages; it cannot be read.',
    ),
    inside_by: f.enum('What that goes by: alpn, name (of server or certificate) or port.'),
    established: f.bool('The handshake was completed.'),
    ssl_history: f.string('Messages as letters, in upper case from the client, as Zeek writes them.'),
    cert_chain_fps: f.strings('SHA-256 of the server’s certificates, its own first.'),
    client_cert_chain_fps: f.strings('SHA-256 of the client’s certificates, its own first.'),
    sni_matches_cert: f.bool('The server’s certificate is for the name the client asked for.'),
    dh_bits: f.count('Bits of the Diffie-Hellman prime, where the server sent one.'),
    ja3: f.string('JA3 fingerprint of the client.'),
    ja3s: f.string('JA3S fingerprint of the server.'),
    ja4: f.string('JA4 fingerprint of the client.'),
  },
);

export class Handshake {
  readonly record: RecordOf<typeof sslStream> = { resumed: false, established: false, ssl_history: '' };
  /** The record is out: nothing more is wanted. */
  done = false;
  version: number | undefined;
  readonly encrypted: [boolean, boolean] = [false, false];
  readonly #flow: FlowContext;
  readonly #transport: Ja4Transport;
  #client: Direction = ORIG;
  #cipher = '';
  #sessionId = '';
  /** The client offers a ticket and no session identifier. */
  #ticketOnly = false;
  #preSharedKey = false;
  #keyExchanged = false;
  readonly #shown = new Set<string>();
  /** Names of the server in its certificate. */
  #names: readonly string[] = [];

  /** @param transport `t` over TCP, `d` for DTLS, `q` for QUIC */
  constructor(flow: FlowContext, transport: Ja4Transport) {
    this.#flow = flow;
    this.#transport = transport;
  }

  /** The version negotiated is one with a ChangeCipherSpec that means something. */
  get isOldVersion(): boolean {
    const { version } = this;
    return version !== undefined && (version <= TLS_1_2 || (version >= DTLS_1_2 && version >> 8 === 0xfe));
  }

  /** The record begins with the first thing that could be read. */
  begin(): void {
    this.record.ts ??= this.#flow.now;
    this.record.frame ??= this.#flow.frame;
  }

  /** A handshake message, with as much of its content as `wantedOf` its type. */
  message(direction: Direction, type: number, bytes: Uint8Array, from: number, to: number): void {
    let letter = historyLetter(type);
    if (type === CLIENT_HELLO) this.#clientHello(direction, bytes, from, to);
    else if (type === SERVER_HELLO) letter = this.#serverHello(direction, bytes, from, to) ? 'j' : letter;
    else if (type === CERTIFICATE) this.#certificates(direction, bytes, from, to);
    else if (type === CERTIFICATE_STATUS) this.#certificateStatus(direction, bytes, from, to);
    else if (type === SERVER_KEY_EXCHANGE) this.#serverKeyExchange(bytes, from, to);
    else if (type === CLIENT_KEY_EXCHANGE && direction === this.#client) this.#keyExchanged = true;
    this.#note(direction, letter);
  }

  /** The hello of SSL 2.0, which may lead to a later version. */
  sawV2Hello(direction: Direction): void {
    this.#client = direction;
    this.#note(direction, 'c');
  }

  changeCipherSpec(direction: Direction): void {
    this.#note(direction, 'i');
    this.encrypted[direction] = true;
    if (direction === this.#client && this.#ticketOnly && !this.#keyExchanged) this.record.resumed = true;
  }

  alert(direction: Direction, description: number): void {
    this.#note(direction, 'l');
    this.record.last_alert = alertName(description);
  }

  /** A record of this direction is encrypted; with the second direction the handshake is established. */
  sawEncrypted(direction: Direction): void {
    this.encrypted[direction] = true;
    this.begin();
    if (!this.encrypted[ORIG] || !this.encrypted[RESP]) return;
    this.record.established = true;
    this.finish();
  }

  /** Gives out the record, unless nothing could be read. */
  finish(): void {
    if (this.done) return;
    this.done = true;
    const { record } = this;
    if (record.ts === undefined) return;
    const { respPort, origPort } = this.#flow;
    const port = this.#client === ORIG ? respPort : origPort;
    const inside = insideOf(port, record.next_protocol, [record.server_name, ...this.#names]);
    record.inside = inside?.protocol;
    record.inside_by = inside?.by;
    this.#flow.emit(sslStream, record);
  }

  #note(direction: Direction, letter: string): void {
    const history = this.record.ssl_history ?? '';
    if (history.length >= MAX_HISTORY) return;
    this.record.ssl_history = history + (direction === this.#client ? letter.toUpperCase() : letter);
  }

  #clientHello(direction: Direction, bytes: Uint8Array, from: number, to: number): void {
    const hello = readClientHello(bytes, from, to, this.#transport === 'd');
    if (hello === undefined) {
      this.#flow.weird('SSL_truncated_hello');
      return;
    }
    this.#client = direction;
    if (hello.sessionId !== '') this.#sessionId = hello.sessionId;
    this.#ticketOnly = hello.ticket && hello.sessionId === '';
    this.#preSharedKey = hello.preSharedKey;
    if (hello.serverName !== undefined) this.record.server_name = hello.serverName;
    if (hello.manyNames) this.#flow.weird('SSL_many_server_names');
    // A second hello, asked for by the server, is no other client.
    this.record.ja3 ??= ja3(hello);
    this.record.ja4 ??= ja4(hello, this.#transport);
  }

  /** Returns whether it asks for another ClientHello. */
  #serverHello(direction: Direction, bytes: Uint8Array, from: number, to: number): boolean {
    const hello = readServerHello(bytes, from, to);
    if (hello === undefined) {
      this.#flow.weird('SSL_truncated_hello');
      return false;
    }
    const { record } = this;
    if (record.ja3 === undefined) this.#client = otherSide(direction);
    this.version = hello.version;
    this.#cipher = cipherName(hello.cipher);
    record.version = versionName(hello.version);
    record.cipher = this.#cipher;
    if (hello.group !== undefined) record.curve = groupName(hello.group);
    if (hello.protocol !== undefined) record.next_protocol = hello.protocol;
    if (hello.retry) return true;
    record.ja3s = ja3s(hello);
    // From TLS 1.3 on the server echoes the identifier, and a pre-shared key means resumption.
    const echoes = this.isOldVersion && this.#sessionId !== '' && this.#sessionId === hello.sessionId;
    if (echoes || (hello.preSharedKey && this.#preSharedKey)) record.resumed = true;
    return false;
  }

  #serverKeyExchange(bytes: Uint8Array, from: number, to: number): void {
    if (/^TLS_ECDH(?:E|_ANON)_(?!PSK)/.test(this.#cipher)) {
      const curve = readNamedCurve(bytes, from, to);
      if (curve !== undefined) this.record.curve = groupName(curve);
    } else if (/^TLS_DH(?:E|_ANON)_(?!PSK)/.test(this.#cipher)) {
      this.record.dh_bits = readPrimeBits(bytes, from, to);
    }
  }

  #certificates(direction: Direction, bytes: Uint8Array, from: number, to: number): void {
    const chain = readCertificates(bytes, from, to, MAX_CHAIN).map(der => readCertificate(der));
    if (chain.length === 0) return;
    const { record } = this;
    const fingerprints = chain.map(certificate => certificate.fingerprint);
    const isClient = direction === this.#client;
    record.cert_chain_fps = isClient ? (record.cert_chain_fps ?? []) : fingerprints;
    record.client_cert_chain_fps = isClient ? fingerprints : (record.client_cert_chain_fps ?? []);
    if (!isClient && record.server_name !== undefined)
      record.sni_matches_cert = isFor(chain[0]!, record.server_name);
    for (const [index, certificate] of chain.entries()) this.#show(certificate, index === 0, isClient);
  }

  #show(certificate: Certificate, host: boolean, client: boolean): void {
    const row = certificateRecord(certificate, this.#flow.now, { host, client });
    if (host && !client && row !== undefined) {
      const subject = row['certificate.subject'];
      this.#names = [...(subject === undefined ? [] : [subject]), ...(row['san.dns'] ?? [])];
    }
    if (row === undefined) this.#flow.weird('X509_unreadable_certificate');
    else if (!this.#shown.has(certificate.fingerprint)) this.#flow.emit(x509Stream, row);
    this.#shown.add(certificate.fingerprint);
  }

  /** RFC 6066 section 8: a stapled OCSP response, which Zeek takes for a file. */
  #certificateStatus(direction: Direction, bytes: Uint8Array, from: number, to: number): void {
    if (to - from < 5 || bytes[from] !== 1) return;
    const file = new FlowFiles(this.#flow, 'SSL').open(direction, { declared: 'application/ocsp-response' });
    file.feed(bytes, from + 4, to);
    file.end();
    reportOcsp(this.#flow, bytes.subarray(from + 4, to), file.fuid);
  }
}
