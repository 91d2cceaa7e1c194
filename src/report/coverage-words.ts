/**
 * What could not be seen, in plain words: the counters of coverage turned into sentences that say what is missing
 * and what that means for the result. Numbers only; no verdict on the traffic.
 */
import type { CaptureInfo, Coverage } from '../model/analysis.ts';
import { agree, bytesText, countText } from './numbers.ts';
import { undecodedName } from './protocol-names.ts';

/** What keeps a frame from being decoded, by the name it is counted under (`PROBLEM_NAMES` of the packet). */
const UNDECODED: Readonly<Record<string, string>> = {
  truncated_link_header: 'too short for their link-layer header',
  truncated_ip_header: 'cut within the IP header',
  truncated_transport_header: 'cut within the TCP, UDP or ICMP header',
  bad_ip_header: 'with an invalid IP header',
  unknown_ethertype: 'of protocols that are neither IP nor ARP (by EtherType: {})',
  unknown_link_type: 'of link types that are not supported (by LINKTYPE number: {})',
  too_many_vlan_tags: 'with more VLAN tags than are followed',
  too_many_ipv6_extensions: 'with more IPv6 extension headers than are followed',
  fragment: 'that are fragments whose other parts are not in the capture',
  llc: 'of IEEE 802.2 LLC (spanning tree and the like), which carries no IP (by service access points: {})',
  unknown_snap_protocol: 'of SNAP protocols that carry no IP, such as CDP (by organisation and protocol: {})',
  unknown_mpls_payload: 'of MPLS with something else than IP or Ethernet inside',
  unknown_ppp_protocol: 'of PPP protocols that carry no IP, such as its own control (by protocol number: {})',
  ieee80211_without_data: 'of 802.11 management or control, which carry no IP',
  ieee80211_encrypted: 'of encrypted 802.11, whose content cannot be read',
  bad_link_header: 'with an invalid link-layer header',
  no_next_header: 'of IPv6 that carry nothing, such as the bubbles of Teredo',
  too_many_layers: 'with more link layers inside one another than are followed',
  bad_arp: 'with an invalid ARP message',
  bad_transport_header: 'with an invalid TCP, UDP or ICMP header',
};

/** EtherTypes or link types named; a capture may hold thousands. */
const SHOWN_NUMBERS = 6;

/** What is lost when a limit is hit, by the name it is counted under: what is counted (one, several), and what of it. */
const LIMITS: Readonly<Record<string, readonly [one: string, many: string, text: string]>> = {
  archive_members: [
    'archive has',
    'archives have',
    'more members than are read: the others were not analysed',
  ],
  compression_depth: ['file is', 'files are', 'compressed more times over than are taken away, and not read'],
  decompression_ratio: [
    'compressed input grows',
    'compressed inputs grow',
    'to more times its size than is allowed (--max-ratio): only what is before that was read',
  ],
  zstd_window: [
    'zstd input needs',
    'zstd inputs need',
    'more history than is given: decompress first, e.g. zstd -dc FILE | medtap scan -',
  ],
  zstd_work: [
    'zstd input is',
    'zstd inputs are',
    'made of tiny blocks that take hours: decompress first, e.g. zstd -dc FILE | medtap scan -',
  ],
  fragments: [
    'IP datagram in fragments was',
    'IP datagrams in fragments were',
    'given up because too many waited at once',
  ],
  tunnel_depth: [
    'packet was',
    'packets were',
    'inside more tunnels than are followed: the content was not seen',
  ],
  tunnels: [
    'packet',
    'packets',
    'came through more tunnels than can be told apart: flows of equal addresses in them are one',
  ],
  flows: [
    'flow was',
    'flows were',
    'closed early because too many were open at once: a record may be split in two',
  ],
  protected_values: [
    'identifier was',
    'identifiers were',
    'beyond what can be remembered, and not masked where it turns up in text',
  ],
  finding_groups: [
    'matching record belongs',
    'matching records belong',
    'to findings beyond the limit of one rule: those findings are missing',
  ],
  finding_flows: [
    'matching record was',
    'matching records were',
    'beyond the flows that findings can tell apart: their numbers of flows are upper bounds',
  ],
};

/** One sentence about coverage. `loss`: something is missing that exit code 4 speaks of. */
export interface CoverageWord {
  readonly text: string;
  readonly loss: boolean;
}

/**
 * Everything there is to say about coverage, the losses first.
 * @param told captures whose problems are said; default all
 */
export function coverageWords(
  coverage: Coverage,
  captures: readonly CaptureInfo[],
  told: readonly CaptureInfo[] = captures,
): readonly CoverageWord[] {
  return [
    ...told.flatMap(captureWords),
    ...Object.entries(coverage.limits).map(([name, count]) => loss(limitText(name, count))),
    ...Object.entries(coverage.decoder_failures).map(([name, count]) =>
      loss(
        `The ${name} decoder failed on ${countText(count, 'flow')}: a defect of medtap, please report it. ` +
          agree(count, 'It is in conn, without its content.', 'They are in conn, without their content.'),
      ),
    ),
    ...trafficWords(coverage, captures),
  ];
}

function loss(text: string): CoverageWord {
  return { text, loss: true };
}

function remark(text: string): CoverageWord {
  return { text, loss: false };
}

function captureWords(capture: CaptureInfo): readonly CoverageWord[] {
  const problem = captureProblem(capture);
  if (capture.status === 'ok' || problem === undefined) return [];
  if (capture.status === 'unreadable') return [loss(`${capture.name} could not be read: ${problem}.`)];
  if (capture.status === 'undecoded')
    return [loss(`${capture.name}: ${problem}. Nothing in it was analysed.`)];
  if (capture.status === 'unmerged')
    return [loss(`${capture.name}: ${problem}. All its frames were analysed.`)];
  if (capture.status === 'partial')
    return [
      loss(
        `${capture.name}: ${problem}. The other ${capture.records === null ? 'frames' : 'lines'} were analysed.`,
      ),
    ];
  const place = capture.offset === null ? '' : ` (byte ${countText(capture.offset)})`;
  const rest = 'Everything before that was analysed, what may follow was not.';
  return [loss(`${capture.name}: ${problem}${place}. ${rest}`)];
}

/** What is wrong with a capture, without its name in front and without a full stop. */
export function captureProblem(capture: CaptureInfo): string | undefined {
  if (capture.problem === null) return undefined;
  const prefix = `${capture.name}: `;
  const text = capture.problem.startsWith(prefix) ? capture.problem.slice(prefix.length) : capture.problem;
  return text.replace(/ \(byte \d+\)$/, '').replace(/\.$/, '');
}

function limitText(name: string, count: number): string {
  const known = LIMITS[name];
  if (known !== undefined) {
    const [one, many, text] = known;
    return `${countText(count)} ${agree(count, one, many)} ${text}.`;
  }
  return `The limit ${name} was hit ${countText(count, 'time')}: what is beyond it is missing from the result.`;
}

function trafficWords(coverage: Coverage, captures: readonly CaptureInfo[]): readonly CoverageWord[] {
  const words: CoverageWord[] = [];
  const missing = coverage.frames - coverage.decoded;
  if (captures.some(({ records }) => records !== null)) return savedWords(coverage);
  if (coverage.frames === 0) return [remark('No frame was read.')];
  words.push(
    remark(
      missing === 0
        ? agree(
            coverage.frames,
            'The only frame could be decoded.',
            `All ${countText(coverage.frames, 'frame')} could be decoded.`,
          )
        : `${countText(coverage.decoded)} of ${countText(coverage.frames, 'frame')} could be decoded.`,
    ),
  );
  for (const [kind, counts] of byKind(coverage.undecoded)) words.push(remark(undecodedText(kind, counts)));
  if (coverage.snapped > 0) {
    words.push(
      remark(
        `${countText(coverage.snapped, 'frame')} ${agree(coverage.snapped, 'was', 'were')} recorded only in part (snapshot length). What was cut off ` +
          'cannot raise a finding; record whole frames (tcpdump -s 0) to see it.',
      ),
    );
  }
  const repeated = captures.filter(({ same_as }) => same_as !== null);
  words.push(...repeatedWords(repeated));
  const copies = coverage.duplicates - repeated.reduce((sum, { duplicates }) => sum + duplicates, 0);
  if (copies > 0) {
    words.push(
      remark(
        `${countText(copies, 'frame')} ${agree(copies, 'is a copy of another', 'are copies of others')}, as a SPAN port makes them: flows and records ` +
          'leave copies out (--no-dedup counts them).',
      ),
    );
  }
  words.push(...checksumWords(coverage), ...trailerWords(coverage));
  if (coverage.outside > 0)
    words.push(
      remark(
        `${countText(coverage.outside, 'frame')} outside --since and --until ${agree(coverage.outside, 'was', 'were')} read and left out.`,
      ),
    );
  const lost = coverage.missed_bytes - coverage.missed_cut_bytes;
  if (lost > 0) {
    words.push(
      remark(
        `${bytesText(lost)} of TCP content arrived at its receiver but ${agree(lost, 'is', 'are')} not in the capture: the ` +
          'tap or SPAN port lost packets. Logins, commands and patient data in them could not be seen.',
      ),
    );
  }
  return words;
}

/** Files given more than once; copies of their frames are not the tap's. */
function repeatedWords(repeated: readonly CaptureInfo[]): readonly CoverageWord[] {
  const words = repeated.slice(0, SHOWN_NUMBERS).map(({ name, same_as, duplicates }) => {
    const what = name === same_as ? `${name} was given twice` : `${name} is the same capture as ${same_as}`;
    const once =
      duplicates > 0
        ? `: ${countText(duplicates, 'frame')} of it ${agree(duplicates, 'counts', 'count')} once`
        : '';
    return remark(`${what}${once}.`);
  });
  const more = repeated.length - words.length;
  return more > 0
    ? [...words, remark(`${countText(more, 'more capture')} were given more than once.`)]
    : words;
}

/** Of saved logs only their records are known. */
function savedWords(coverage: Coverage): readonly CoverageWord[] {
  const words = [
    remark(
      `Saved logs were read instead of packets: ${countText(coverage.saved_records, 'record')}. What they have no field for ` +
        'could not be found.',
    ),
  ];
  const kinds = byKind(coverage.undecoded);
  const streams = [...(kinds.get('unknown_stream') ?? [])].sort((a, b) => b[1] - a[1]);
  const left = streams.map(
    ([name, count]) => `${name === '' ? 'without a name' : name} ×${countText(count)}`,
  );
  if (left.length > 0)
    words.push(remark(`Records of streams that are not known here were left out: ${firstOf(left)}.`));
  const fields = [...(kinds.get('unknown_field') ?? new Map<string, number>()).keys()];
  if (fields.length > 0)
    words.push(remark(`Fields that have no place here were left out: ${firstOf(fields)}.`));
  const unfit = coverage.undecoded['unfit_value'] ?? 0;
  if (unfit > 0)
    words.push(
      remark(
        `${countText(unfit, 'value')} ${agree(unfit, 'was not of the type of its field', 'were not of the type of their field')} and left out.`,
      ),
    );
  if (coverage.outside > 0)
    words.push(
      remark(
        `${countText(coverage.outside, 'record')} outside --since and --until ${agree(coverage.outside, 'was', 'were')} left out.`,
      ),
    );
  return words;
}

function firstOf(names: readonly string[]): string {
  const more = names.length > SHOWN_NUMBERS ? `, and ${countText(names.length - SHOWN_NUMBERS)} more` : '';
  return names.slice(0, SHOWN_NUMBERS).join(', ') + more;
}

/** Share of verified packets from which wrong checksums are a host's offload rather than damage. */
const OFFLOAD_SHARE = 0.05;

function checksumWords(coverage: Coverage): readonly CoverageWord[] {
  const bad = Object.values(coverage.bad_checksums).reduce((sum, count) => sum + count, 0);
  if (bad === 0) return [];
  const hosts = coverage.bad_checksum_hosts;
  const checked = coverage.checksums_checked;
  const whose = agree(checked, 'whose checksum was verified', 'whose checksums were verified');
  const seen = `${countText(bad)} of ${countText(checked, 'packet')} ${whose} ${agree(bad, 'has', 'have')} a wrong one`;
  if (hosts === 1 && bad >= checked * OFFLOAD_SHARE)
    return [
      remark(
        `${seen}, all sent by one host: it leaves them to its network card (checksum offload), and the capture was ` +
          'made there. Nothing is missing for it.',
      ),
    ];
  const many = hosts === 1 ? 'one host' : `${countText(hosts)} hosts`;
  return [remark(`${seen}, sent by ${many}: damaged on the way, rewritten by a device, or offloaded.`)];
}

function trailerWords(coverage: Coverage): readonly CoverageWord[] {
  return Object.entries(coverage.trailers).map(([length, frames]) =>
    remark(
      `${countText(frames, 'frame')} ${agree(frames, 'ends', 'end')} with ${countText(Number(length), 'byte')} that ${agree(Number(length), 'belongs', 'belong')} to no packet, as taps and packet brokers append ` +
        'them (time, port, checksum): they are passed over.',
    ),
  );
}

/** Counters by what stands before the colon of their names, and by the number behind it. */
function byKind(counts: Readonly<Record<string, number>>): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const kinds = new Map<string, Map<string, number>>();
  for (const [name, count] of Object.entries(counts)) {
    const colon = name.indexOf(':');
    const kind = colon < 0 ? name : name.slice(0, colon);
    const numbers = kinds.get(kind) ?? new Map<string, number>();
    kinds.set(kind, numbers.set(colon < 0 ? '' : name.slice(colon + 1), count));
  }
  return kinds;
}

function undecodedText(kind: string, counts: ReadonlyMap<string, number>): string {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  // Sorting is stable and the counters come sorted by name, so equal counts keep one order.
  const most = [...counts].filter(([number]) => number !== '').sort((a, b) => b[1] - a[1]);
  const numbers = most
    .slice(0, SHOWN_NUMBERS)
    .map(([number, count]) => `${undecodedName(kind, number)} ×${countText(count)}`);
  const more = most.length > SHOWN_NUMBERS ? `, and ${countText(most.length - SHOWN_NUMBERS)} more` : '';
  const text = UNDECODED[kind]?.replace('{}', `${numbers.join(', ')}${more}`) ?? `not decoded: ${kind}`;
  return `${countText(total, 'frame')} ${total === 1 ? ofOne(text) : text}.`;
}

/** Words of `UNDECODED` for a single frame. */
function ofOne(text: string): string {
  return text
    .replace(/\btheir\b/, 'its')
    .replace('that are fragments', 'that is a fragment')
    .replace('that carry', 'that carries');
}
