/**
 * Suricata's EVE JSON (Suricata user guide, "Eve JSON Format"): events of types that have a stream here become its records.
 *
 *     flow → conn   dns → dns   http → http   tls → ssl   ssh → ssh   smtp → smtp   ftp → ftp   tftp → tftp
 *
 * A DNS answer is put together with its query, as a `dns` record is both. Only fields that mean the same are taken:
 * Suricata counts bytes of frames, Zeek those of payload and of IP, so that `conn` has packets but no bytes. Logins, texts of
 * mail and arguments of FTP that name no file are left out: they may hold secrets.
 *
 * Not used: alerts (another engine's findings), fileinfo (its direction does not show), other types; they are counted.
 * Limit: `MAX_QUERIES` DNS queries wait for their answer.
 */
import { secondsBetween } from '../model/moment.ts';
import type { Fields, Moment, StreamSchema, Value } from '../model/schema.ts';
import type { Leftovers, LineReader, SavedRow, Schemas } from './row.ts';
import { isoMoment, jsonValue } from './values.ts';
import { parseObject } from './zeek-json.ts';

const MAX_QUERIES = 65_536;

type Json = Readonly<Record<string, unknown>>;
type Row = Record<string, Value | undefined>;

/** Services by Suricata's name, where Zeek has another. */
const SERVICES: Readonly<Record<string, string>> = {
  tls: 'ssl',
  dcerpc: 'dce_rpc',
  krb5: 'krb',
  pgsql: 'postgresql',
};
const NO_SERVICE = new Set(['failed', 'unknown']);
/** FTP commands whose argument names a file or an address. */
const FILE_COMMANDS = new Set(['RETR', 'STOR', 'STOU', 'APPE', 'DELE', 'EPRT', 'EPSV', 'PASV', 'PORT']);
const DNS_PORTS = new Set([53, 5353]);

export class EveReader implements LineReader {
  readonly #schemas: Schemas;
  readonly #left: Leftovers;
  /** By flow and transaction, the oldest first. */
  readonly #queries = new Map<string, SavedRow>();

  constructor(schemas: Schemas, left: Leftovers) {
    this.#schemas = schemas;
    this.#left = left;
  }

  read(line: string, number: number): SavedRow | undefined {
    if (line.trim() === '') return undefined;
    const event = parseObject(line);
    if (event === undefined) {
      this.#left.line(number, 'no JSON object');
      return undefined;
    }
    const type = textOf(event, 'event_type') ?? '';
    const content = type === 'dns' || Object.hasOwn(CONTENT, type) ? objectOf(event, type) : undefined;
    if (content === undefined) {
      this.#left.stream(`eve:${type}`);
      return undefined;
    }
    const ts = isoMoment(textOf(event, 'timestamp') ?? '');
    if (ts === undefined) {
      this.#left.line(number, 'no time');
      return undefined;
    }
    if (type === 'dns') return this.#dns(event, content, ts);
    const { stream, fields } = CONTENT[type]!;
    const more = fields(content, event);
    if (more === undefined) this.#left.stream(`eve:${type} without a file`);
    return more && this.#row(stream, { ts, ...flowOf(event, false), ...more });
  }

  /** Queries that nobody answered. */
  *finish(): Generator<SavedRow> {
    yield* this.#queries.values();
    this.#queries.clear();
  }

  #dns(event: Json, dns: Json, ts: Moment): SavedRow | undefined {
    const type = textOf(dns, 'type');
    const asked =
      (Array.isArray(dns['queries']) ? (dns['queries'][0] as Json | undefined) : undefined) ?? dns;
    const id = numberOf(dns, 'id');
    const key = `${textOf(event, 'flow_id')} ${id} ${textOf(asked, 'rrname')} ${textOf(asked, 'rrtype')}`;
    const answering = type === 'answer' || type === 'response';
    const row = this.#row('dns', {
      ts,
      ...flowOf(event, answering),
      proto: textOf(event, 'proto')?.toLowerCase(),
      trans_id: id,
      query: textOf(asked, 'rrname')?.toLowerCase(),
      qtype_name: textOf(asked, 'rrtype'),
      ...(answering ? answerOf(dns) : {}),
    });
    if (!answering) {
      this.#queries.set(key, row);
      if (this.#queries.size <= MAX_QUERIES) return undefined;
      const [oldest, waiting] = this.#queries.entries().next().value!;
      this.#queries.delete(oldest);
      return waiting;
    }
    const query = this.#queries.get(key);
    if (query === undefined) return row;
    this.#queries.delete(key);
    const from = query.record['ts'] as Moment;
    return { ...row, record: { ...row.record, ...query.record, rtt: Math.max(0, secondsBetween(from, ts)) } };
  }

  #row(stream: string, fields: Row): SavedRow {
    const schema: StreamSchema = this.#schemas.get(stream)!;
    const record: Record<string, Value> = {};
    for (const [name, given] of Object.entries(fields)) {
      const field = (schema.fields as Fields)[name];
      if (given === undefined || field === undefined) continue;
      const value =
        typeof given === 'string' || typeof given === 'number' ? jsonValue(field.type, given) : given;
      if (value === undefined) this.#left.values++;
      else record[name] = value;
    }
    this.#left.check(schema, record);
    return { schema, record, own: false };
  }
}

interface Content {
  readonly stream: string;
  /** Fields of the record; undefined when the event has no record. */
  readonly fields: (content: Json, event: Json) => Row | undefined;
}

const CONTENT: Readonly<Record<string, Content>> = {
  flow: { stream: 'conn', fields: connOf },
  http: {
    stream: 'http',
    fields: http => ({
      method: textOf(http, 'http_method'),
      host: textOf(http, 'hostname'),
      uri: textOf(http, 'url'),
      referrer: textOf(http, 'http_refer'),
      version: textOf(http, 'protocol')?.replace(/^HTTP\//, ''),
      user_agent: textOf(http, 'http_user_agent'),
      status_code: numberOf(http, 'status'),
      response_body_len: numberOf(http, 'length'),
    }),
  },
  tls: {
    stream: 'ssl',
    fields: tls => ({
      server_name: textOf(tls, 'sni'),
      version: textOf(tls, 'version')?.replace(/^(TLS|SSL) ?(\d)\.?(\d?).*$/, '$1v$2$3'),
      resumed: tls['session_resumed'] === true ? true : undefined,
      ja3: textOf(objectOf(tls, 'ja3') ?? {}, 'hash'),
      ja3s: textOf(objectOf(tls, 'ja3s') ?? {}, 'hash'),
      ja4: textOf(tls, 'ja4'),
    }),
  },
  ssh: { stream: 'ssh', fields: sshOf },
  smtp: {
    stream: 'smtp',
    fields: smtp => ({
      helo: textOf(smtp, 'helo'),
      mailfrom: textOf(smtp, 'mail_from'),
      rcptto: textsOf(smtp, 'rcpt_to'),
    }),
  },
  ftp: {
    stream: 'ftp',
    fields: ftp => {
      const command = textOf(ftp, 'command') ?? '';
      if (!FILE_COMMANDS.has(command)) return undefined;
      const code = Number(textsOf(ftp, 'completion_code')?.at(-1));
      return {
        command,
        arg: textOf(ftp, 'command_data'),
        reply_code: Number.isInteger(code) ? code : undefined,
        reply_msg: textsOf(ftp, 'reply')?.at(-1),
      };
    },
  },
  tftp: {
    stream: 'tftp',
    fields: tftp => {
      const packet = textOf(tftp, 'packet');
      if (packet !== 'read' && packet !== 'write') return undefined;
      return {
        wrq: packet === 'write',
        fname: textOf(tftp, 'file'),
        mode: textOf(tftp, 'mode')?.toLowerCase(),
      };
    },
  },
};

/** The flow of an event: its source is who began, but for answers that are told from the side that gave them. */
function flowOf(event: Json, answering: boolean): Row {
  const [from, to] = [numberOf(event, 'src_port'), numberOf(event, 'dest_port')];
  const turned = answering && DNS_PORTS.has(from ?? 0) && !DNS_PORTS.has(to ?? 0);
  const [orig, resp] = turned ? ['dest', 'src'] : ['src', 'dest'];
  const flow = textOf(event, 'flow_id');
  return {
    uid: flow === undefined ? undefined : `E${flow}`,
    'id.orig_h': textOf(event, `${orig}_ip`),
    'id.orig_p': numberOf(event, `${orig}_port`),
    'id.resp_h': textOf(event, `${resp}_ip`),
    'id.resp_p': numberOf(event, `${resp}_port`),
  };
}

function connOf(flow: Json, event: Json): Row {
  const start = isoMoment(textOf(flow, 'start') ?? '');
  const end = isoMoment(textOf(flow, 'end') ?? '');
  const proto = (textOf(event, 'proto') ?? '').toLowerCase();
  const app = textOf(event, 'app_proto');
  const [vlan] = Array.isArray(event['vlan']) ? (event['vlan'] as unknown[]) : [];
  const ether = objectOf(event, 'ether') ?? {};
  return {
    ...(start === undefined ? {} : { ts: start }),
    proto: proto.includes('icmp') ? 'icmp' : proto === 'tcp' || proto === 'udp' ? proto : 'unknown_transport',
    service: app === undefined || NO_SERVICE.has(app) ? undefined : (SERVICES[app] ?? app),
    duration: start && end && Math.max(0, secondsBetween(start, end)),
    orig_pkts: numberOf(flow, 'pkts_toserver'),
    resp_pkts: numberOf(flow, 'pkts_toclient'),
    vlan: typeof vlan === 'number' ? vlan : undefined,
    orig_l2_addr: textOf(ether, 'src_mac'),
    resp_l2_addr: textOf(ether, 'dest_mac'),
  };
}

function sshOf(ssh: Json): Row {
  const [client, server] = [objectOf(ssh, 'client') ?? {}, objectOf(ssh, 'server') ?? {}];
  const banner = (side: Json): string | undefined => {
    const software = textOf(side, 'software_version');
    return software === undefined ? undefined : `SSH-${textOf(side, 'proto_version') ?? '2.0'}-${software}`;
  };
  const major = Number(textOf(server, 'proto_version')?.split('.', 1)[0]);
  return {
    version: Number.isInteger(major) ? major : undefined,
    client: banner(client),
    server: banner(server),
    hassh: textOf(objectOf(client, 'hassh') ?? {}, 'hash'),
    hasshServer: textOf(objectOf(server, 'hassh') ?? {}, 'hash'),
  };
}

function answerOf(dns: Json): Row {
  const all = Array.isArray(dns['answers']) ? (dns['answers'] as readonly unknown[]) : [];
  const answers = all.filter((item): item is Json => typeof item === 'object' && item !== null);
  const flag = (name: string): boolean | undefined => (dns[name] === true ? true : undefined);
  return {
    rcode_name: textOf(dns, 'rcode'),
    AA: flag('aa'),
    RD: flag('rd'),
    RA: flag('ra'),
    answers: answers.length === 0 ? undefined : answers.map(answer => textOf(answer, 'rdata') ?? ''),
    TTLs: answers.length === 0 ? undefined : answers.map(answer => numberOf(answer, 'ttl') ?? 0),
  };
}

/** A text or number as text. */
function textOf(object: Json, name: string): string | undefined {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined;
}

function textsOf(object: Json, name: string): readonly string[] | undefined {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : undefined;
}

function numberOf(object: Json, name: string): number | undefined {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function objectOf(object: Json, name: string): Json | undefined {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}
