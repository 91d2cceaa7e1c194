/**
 * What is promised of each stream against Zeek's logs, and every deliberate difference with its reason. Shares are of
 * Zeek's rows that are found, and of their fields that are equal; a stream without an aim is only printed.
 */
export interface Aim {
  /** Share of rows found, from 0 to 1. */
  readonly rows: number;
  /** Share of equal fields over all rows of Zeek; a row that is not found has none. */
  readonly fields: number;
  /** Fields that are left out: why. */
  readonly without?: Readonly<Record<string, string>>;
  /** Fields that are filled here where Zeek leaves them empty: why. A value of Zeek's must still be equal. */
  readonly adds?: Readonly<Record<string, string>>;
  /** Captures that are left out: why. */
  readonly except?: Readonly<Record<string, string>>;
}

/** RFC 2228, section 3: the handshake of AUTH GSSAPI is base64 in lines of FTP. */
const GLOBUS = {
  'zeek/globus-url-copy-bad-encoding.pcap': 'TLS as base64 in ADAT commands of FTP, which is not read',
};

export const STREAM_AIMS: Readonly<Record<string, Aim>> = {
  modbus: { rows: 0.99, fields: 0.99 },
  dnp3: { rows: 1, fields: 1 },
  mqtt_connect: { rows: 1, fields: 1, without: { will_payload: 'payloads may hold patient data' } },
  mqtt_publish: { rows: 1, fields: 1, without: { payload: 'payloads may hold patient data' } },
  mqtt_subscribe: { rows: 1, fields: 1 },
  dhcp: { rows: 1, fields: 0.99, without: { uids: 'other identifiers here' } },
  files: {
    rows: 0.97,
    fields: 0.97,
    without: {
      analyzers: 'other ones than Zeek’s: SHA256 where it was hashed',
      sha256: 'Zeek’s default scripts do not hash',
      timedout: 'files end with their flow here',
    },
    except: {
      'zeek/http-byteranges.pcap': 'byte ranges of several requests are one file in Zeek, one each here',
      'zeek/http-concurrent-range-requests.pcap': 'byte ranges of several flows are one file in Zeek',
      'zeek/http-concurrent-range-requests-complete.pcap':
        'byte ranges of several flows are one file in Zeek',
    },
  },
  http: { rows: 0.98, fields: 0.98, without: { username: 'only in credentials here, as a token' } },
  ocsp: { rows: 1, fields: 0.95, without: { id: 'other identifiers here' } },
  // Missing is the session inside a WebSocket.
  ssl: { rows: 0.99, fields: 0.98, except: GLOBUS },
  // Zeek has a certificate once a day, here it is once per flow.
  x509: { rows: 1, fields: 0.99, except: GLOBUS },
  websocket: { rows: 1, fields: 1, without: { client_protocols: 'bearer tokens in it are replaced' } },
  dns: { rows: 0.99, fields: 0.99 },
  ftp: {
    rows: 1,
    fields: 0.97,
    without: {
      user: 'a token here',
      password: 'a token in credentials',
      mime_type: 'Zeek takes that of the listing before; here the type of the file',
    },
  },
  irc: {
    rows: 1,
    fields: 0.97,
    without: { dcc_mime_type: 'its flow may end after that of the offer' },
  },
  sip: { rows: 1, fields: 1 },
  rdp: { rows: 1, fields: 1, without: { cookie: 'a token here, unless it is a known account' } },
  rfb: { rows: 1, fields: 1 },
  smtp: { rows: 1, fields: 0.98 },
  ntp: {
    rows: 1,
    fields: 0.99,
    except: { 'zeek/ntp-misordered-ntp.pcap': 'the answer comes first; Zeek turns the flow around' },
  },
  tunnel: {
    rows: 0.95,
    fields: 0.95,
    without: {
      ts: 'a tunnel still open at the end closes with its own last packet here, with that of the capture in Zeek',
    },
    except: {
      'zeek/http-connect-with-smtp.pcap': 'Zeek gives no port of the client; here it is that of the flow',
      'zeek/socks.pcap': 'Zeek gives no port of the client; here it is that of the flow',
    },
  },
  snmp: { rows: 1, fields: 1, without: { community: 'shown only when products ship with it' } },
  socks: { rows: 1, fields: 1 },
  radius: {
    rows: 1,
    fields: 1,
    without: {
      username: 'shown only when a vendor or default account',
      framed_addr: 'Zeek reads it in challenges only, not in the answer that grants it',
    },
  },
  ssh: {
    rows: 1,
    fields: 0.99,
    without: { host_key_fingerprint: 'Zeek cuts it after 32 characters; here whole, as OpenSSH shows it' },
    except: {
      'tunnel/ak-tcpdump-geneve.pcap': 'each direction in a tunnel of its own: two flows here',
      'zeek/websocket-wstunnel-ssh.pcap': 'inside a WebSocket',
    },
  },
  syslog: { rows: 0.96, fields: 0.96 },
  mysql: { rows: 1, fields: 0.99 },
  smb_mapping: { rows: 1, fields: 1 },
  // Zeek does not know the share of files opened by SMB 1, and calls pipes files there.
  smb_files: { rows: 1, fields: 0.97 },
  dce_rpc: { rows: 1, fields: 1 },
  // Where SPNEGO is silent, the outcome is taken from the status of the answer; a person's name is not shown.
  ntlm: { rows: 1, fields: 0.96 },
  kerberos: {
    rows: 1,
    fields: 1,
    adds: {
      request_type: 'a ticket shown to a service is named as such: AP',
      service: 'read in tickets shown to a service',
      cipher: 'read in tickets shown to a service',
    },
    without: {
      client_cert_subject: 'certificates of PKINIT are not read',
      server_cert_subject: 'certificates of PKINIT are not read',
      client_cert_fuid: 'certificates of PKINIT are not read',
      server_cert_fuid: 'certificates of PKINIT are not read',
    },
  },
};

/** Zeek's logs that are not compared. */
export const NOT_COMPARED: Readonly<Record<string, string>> = {
  conn: 'compared field by field in conn.test.ts',
  analyzer: 'Zeek’s report on its own analyzers',
  notice: 'findings here, of rules',
  weird: 'names are compared by each protocol’s own tests',
  packet_filter: 'Zeek’s report on itself',
  pe: 'what is inside executables is not decoded',
  reporter: 'Zeek’s report on itself',
  software: 'not part of Zeek’s default scripts',
  telemetry: 'Zeek’s report on itself',
};
