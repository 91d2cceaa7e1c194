/**
 * A verdict on visibility in plain words: what is wrong, with its numbers; what is likely behind it; what that means for
 * findings; what to do about it. Written for whoever has to ask the network team for a better mirror port.
 */
import type { CaptureInfo } from '../model/analysis.ts';
import type { Cause, CauseName, Health, OneWayCount, Visibility } from '../model/health.ts';
import { agree, bytesText, countText } from './numbers.ts';
import { durationText } from './time.ts';
import { unreadReasons, unreadText } from './unread-words.ts';

/** The verdict in one sentence. */
export const VERDICTS: Readonly<Record<Visibility, string>> = {
  good: 'no sign that anything is missing of what passed this tap.',
  limited: 'part of the traffic could not be seen. Findings hold; what is missing may hide more.',
  poor: 'this capture shows too little. Findings hold, but a clean report from it is no proof of anything.',
  none: 'nothing was seen.',
};

export interface CauseWords {
  /** A short sentence. */
  readonly title: string;
  /** The numbers. */
  readonly what: string;
  /** Most likely reason. */
  readonly likely: string;
  /** Consequence for findings. */
  readonly means: string;
  /** What to do. */
  readonly remedy: string;
}

/** VLANs named one by one. */
const SHOWN_VLANS = 8;

/** A sentence, or what makes it of the numbers. */
type Sentence = string | ((evidence: Cause['evidence'], context: Context) => string);

type Words = { readonly title: string } & Readonly<Record<Exclude<keyof CauseWords, 'title'>, Sentence>>;

interface Context {
  readonly health: Health;
  readonly captures: readonly CaptureInfo[];
}

/** One cause in words. */
export function causeWords(
  { cause, evidence }: Cause,
  health: Health,
  captures: readonly CaptureInfo[],
): CauseWords {
  const words = WORDS[cause];
  const context = { health, captures };
  const say = (sentence: Sentence) => (typeof sentence === 'string' ? sentence : sentence(evidence, context));
  return {
    title: words.title,
    what: say(words.what),
    likely: say(words.likely),
    means: say(words.means),
    remedy: say(words.remedy),
  };
}

/** A cause in a few words. */
export function causeTitle(cause: CauseName): string {
  return WORDS[cause].title;
}

const WORDS: Readonly<Record<CauseName, Words>> = {
  no_frames: {
    title: 'There is nothing to look at',
    what: ({ outside = 0, inputs = 0 }, { captures }) => {
      const unread = inputs > 0 ? ` ${unreadText(captures)}.` : '';
      return outside > 0
        ? `${countText(outside, 'frame')} ${agree(outside, 'is', 'are')} outside of --since and --until, none within.${unread}`
        : `No frame could be read.${unread}`;
    },
    likely: ({ outside = 0, inputs = 0 }, { captures }) => {
      if (outside > 0)
        return 'the times that were asked for are of another day or time zone, or the clock of the capture is off.';
      const reasons = inputs > 0 ? unreadReasons(captures) : undefined;
      return (
        reasons?.likely ??
        'the capture was stopped before traffic came, its filter let nothing through, or the file is empty.'
      );
    },
    means: 'nothing can be said about the network.',
    remedy: ({ outside = 0, inputs = 0 }, { captures }) => {
      if (outside > 0)
        return 'give times within the capture (below: from when to when it is), or leave them out.';
      const reasons = inputs > 0 ? unreadReasons(captures) : undefined;
      return reasons?.remedy ?? 'capture again, and look with tcpdump -c 10 whether frames arrive.';
    },
  },
  saved_logs: {
    title: 'Saved logs were read, not packets',
    what: ({ records = 0 }) => `${countText(records, 'record')} of saved logs.`,
    likely: 'that is what was asked for.',
    means:
      'rules see only what the logs have: Zeek and Suricata log no DICOM, HL7 or patient data, and whether their sensor ' +
      'lost packets does not show here.',
    remedy: 'analyse the captures themselves where they still exist.',
  },
  damaged_input: {
    title: 'Not everything could be read',
    what: ({ inputs = 0 }, { captures }) =>
      `${countText(inputs, 'input')} could not be read, or not to the end or not in full: ${unreadText(captures)}.`,
    likely: (_, { captures }) => unreadReasons(captures)?.likely ?? 'see the errors above.',
    means: 'what is in it, or would have followed, is missing.',
    remedy: (_, { captures }) => unreadReasons(captures)?.remedy ?? 'see the errors above.',
  },
  input_limits: {
    title: 'Decompression was stopped at a limit',
    what: ({ inputs = 0 }) =>
      `${countText(inputs, 'input')} ${agree(inputs, 'was', 'were')} decompressed or unpacked only up to a limit of medtap (see coverage).`,
    likely:
      'it decompresses to far more than its size, as a file made to fill a disk does, or a capture of one frame over and ' +
      'over; or it is packed deeper than is unpacked.',
    means: 'what is behind the limit is missing. What was read before it was analysed.',
    remedy:
      'if the file is yours, raise --max-ratio, or unpack it outside of medtap and give it what comes out; errors above name ' +
      'file and limit.',
  },
  limits_hit: {
    title: 'Limits of medtap were hit',
    what: ({ limits = 0 }) =>
      `${countText(limits, 'limit')} of this program lost flows or records (see coverage).`,
    likely: 'the capture holds more at once than one run takes, or somebody floods the segment.',
    means: 'some flows or records are missing or split.',
    remedy: 'analyse shorter pieces of the capture.',
  },
  no_unicast: {
    title: 'Only broadcast and multicast: this is no mirror port',
    what: ({ flows = 0 }) => `All of ${countText(flows, 'flow')} go to broadcast or multicast addresses.`,
    likely:
      'the capturing machine is plugged into an ordinary switch port, or the mirror session is not active.',
    means: 'no conversation between devices can be seen, whatever they do.',
    remedy: 'have the port made the destination of a SPAN session, or use a tap.',
  },
  single_host: {
    title: 'Only one host’s traffic',
    what: ({ flows = 0, of_flows: all = 0 }) =>
      `One host takes part in ${countText(flows)} of ${countText(all, 'flow')} between hosts.`,
    likely: 'this was captured at that host or its own port, not on a mirror port of the segment.',
    means: 'what other devices do among themselves cannot be seen.',
    remedy: 'if the segment is what you want to see, mirror its uplink or VLAN, not one port.',
  },
  one_way: {
    title: 'Only one direction of conversations',
    what: ({ one_way: one = 0, judged = 0, share = 0 }, { health }) =>
      `${countText(one)} of ${countText(judged, 'TCP conversation')} (${percent(share)}) ${agree(one, 'shows', 'show')} packets of one side only` +
      `${vlanText(health.facts.vlans)}.`,
    likely:
      'the SPAN session is receive-only (or transmit-only), one fibre of the tap is not connected, or the way back takes another path.',
    means:
      'logins, answers and patient data in the missing direction cannot be seen, and who called whom is partly a guess; a clean report is not proof.',
    remedy:
      'have the SPAN session set to "both", or give the capture of the other direction as a second INPUT.',
  },
  midstream: {
    title: 'Conversations without their beginning',
    what: ({ midstream = 0, tcp_flows: all = 0, share = 0 }) =>
      `${countText(midstream)} of ${countText(all, 'TCP conversation')} (${percent(share)}) had begun before they are first seen.`,
    likely:
      'the capture is short against how long these connections last, its filter leaves their beginnings out, or pieces are missing before it.',
    means:
      'logins, versions and keys that are exchanged at the beginning cannot be seen; who called whom is told by protocol, port and inventory.',
    remedy: 'capture longer, or give the pieces before this one as INPUTs, too.',
  },
  stream_gaps: {
    title: 'Holes in conversations',
    what: ({ missed_bytes: missed = 0, stream_bytes: all = 0, share = 0 }) =>
      `${bytesText(missed)} of ${bytesText(all)} of TCP content (${percent(share)}) reached their receiver but are not in the capture.`,
    likely:
      'the mirror port is oversubscribed (it copies more than it can send), or the capturing machine was too slow.',
    means:
      'commands, logins and patient data in the holes cannot be seen, and decoders lose their place behind them.',
    remedy: 'mirror fewer ports or one direction per port, use a faster port, or use a tap.',
  },
  drops: {
    title: 'Frames were lost while capturing',
    what: ({ drops = 0, share = 0 }, { captures }) =>
      `The capturing program reports ${countText(drops, 'frame')} lost (${percent(share)})${dropText(captures)}.`,
    likely: 'the capturing machine could not keep up: its disk, its buffer (tcpdump -B) or its network card.',
    means: 'whatever was in those frames cannot be seen.',
    remedy: 'capture with a larger buffer, to a faster disk, or with a filter.',
  },
  snap_length: {
    title: 'Frames were cut short',
    what: ({ snapped = 0, share = 0, cut_bytes: cut = 0 }, { captures }) =>
      `${countText(snapped, 'frame')} (${percent(share)}) ${agree(snapped, 'was', 'were')} cut, ${bytesText(cut)} in all${snapText(captures)}.`,
    likely: 'the capture was made with a snapshot length that cuts payloads.',
    means: (_, { health: { facts } }) =>
      facts.undecoded === null || facts.undecoded < facts.frames
        ? 'who talked to whom is right where frames could be decoded, but logins, patient data and file contents behind the cut cannot be seen.'
        : 'not even who talked to whom can be seen: too little of each frame is left.',
    remedy: 'record whole frames: tcpdump -s 0, or no "slice" on the packet broker.',
  },
  undecoded_frames: {
    title: 'Much of it could not be decoded',
    what: ({ undecoded = 0, share = 0 }) =>
      `${countText(undecoded, 'frame')} (${percent(share)}) could not be decoded (below: by what).`,
    likely:
      'the segment speaks protocols beside IP, frames are damaged, or a tap or broker adds a header that medtap does not know.',
    means: 'what those frames carry cannot be seen.',
    remedy: 'see which protocols they are; have the broker remove its header.',
  },
  unrecognised_content: {
    title: 'Content that nothing recognised',
    what: ({ unrecognised_bytes: part = 0, payload_bytes: all = 0, share = 0 }) =>
      `${bytesText(part)} of ${bytesText(all)} of content (${percent(share)}) belong to flows of no known protocol.`,
    likely: 'manufacturers’ own protocols, encrypted tunnels, or flows that began before the capture did.',
    means: 'rules see who talked to whom in these flows, and nothing of what was said.',
    remedy: 'see which: medtap flows --filter "not service exists".',
  },
  no_times: {
    title: 'Frames without times',
    what: ({ untimed = 0, share = 0 }) =>
      `${countText(untimed, 'frame')} (${percent(share)}) ${agree(untimed, 'has', 'have')} no time.`,
    likely:
      'it was written as pcapng Simple Packets, converted from a text or hex dump, or by a program that does not keep times.',
    means:
      'when something happened, how long it took, and whatever is repeated, periodic or out of hours cannot be judged; the ' +
      'order is that of the file, and flows with the same ports may run into one.',
    remedy:
      'capture with a program that keeps times (tcpdump, dumpcap), or give the file that this was made from.',
  },
  clock_stepped_back: {
    title: 'The clock was set back',
    what: ({ steps = 0, largest = 0 }, { captures }) =>
      `It stepped back ${countText(steps, 'time')}, at most by ${secondsText(largest)}${stepText(captures)}.`,
    likely:
      'the tap’s clock was corrected (NTP, by hand) during the capture, or pieces were joined in the wrong order.',
    means: 'the order of events around the step, durations across it and times in findings are not reliable.',
    remedy: 'let the clock settle before capturing; give pieces as separate INPUTs.',
  },
  clocks_disagree: {
    title: 'The clocks of captures disagree',
    what: (_, { health }) =>
      (health.clocks ?? [])
        .filter(({ seconds }) => Math.abs(seconds) >= SHOWN_SECONDS)
        .map(
          ({ capture, reference, seconds, matches, method }) =>
            `${capture} is about ${secondsText(Math.abs(seconds))} ${seconds > 0 ? 'ahead of' : 'behind'} ${reference} ` +
            `(by ${countText(matches)} ${method === 'packets' ? 'packets that both saw' : 'TCP handshakes split between them'})`,
        )
        .join('; ')
        .concat('.'),
    likely: 'the taps are not synchronised (no NTP or PTP).',
    means:
      'copies of packets are not recognised as such, and halves of conversations do not fit together in time.',
    remedy: (_, { health }) => clockRemedy(health),
  },
  unordered_frames: {
    title: 'Frames are out of order',
    what: ({ unordered = 0, share = 0 }) =>
      `${countText(unordered, 'frame')} (${percent(share)}) came too late to be put in order.`,
    likely: 'several capture queues or ports were merged without sorting.',
    means: 'some streams could not be put together, and who called whom may be wrong.',
    remedy: 'sort it: reordercap (Wireshark) writes the frames in the order of their times.',
  },
};

/** Differences below this are what clocks normally have. */
const SHOWN_SECONDS = 0.02;

/** `--clock-offset b.pcap=-2.3` for every capture that is off. */
function clockRemedy({ clocks }: Health): string {
  const options = (clocks ?? [])
    .filter(({ seconds }) => Math.abs(seconds) >= SHOWN_SECONDS)
    .map(
      ({ capture, seconds }) => `--clock-offset ${shellWord(`${capture}=${-Number(seconds.toFixed(3))}`)}`,
    );
  return `analyse again with ${options.join(' ')}`;
}

/** An argument as a shell takes it. */
function shellWord(text: string): string {
  return /^[\w.,:=/+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** `2.3 s`, `3 min 5 s`. */
function secondsText(seconds: number): string {
  return seconds < 60 ? `${Number(seconds.toPrecision(seconds < 1 ? 2 : 3))} s` : durationText(seconds);
}

/** `12 %`, `0.3 %`, `less than 0.01 %`. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.01) return 'less than 0.01 %';
  if (value > 99.5 && value < 100) return `${Math.floor(value * 10) / 10} %`;
  return `${value >= 10 ? Math.round(value) : Number(value.toPrecision(2))} %`;
}

function vlanText(vlans: Readonly<Record<string, OneWayCount>>): string {
  const entries = Object.entries(vlans);
  if (entries.length < 2) return '';
  const worst = entries.filter(([, { one_way }]) => one_way > 0).sort((a, b) => b[1].one_way - a[1].one_way);
  const parts = worst
    .slice(0, SHOWN_VLANS)
    .map(
      ([vlan, { one_way, judged }]) =>
        `${vlan === '-' ? 'untagged' : `VLAN ${vlan}`} ${countText(one_way)} of ${countText(judged)}`,
    );
  const more = worst.length > SHOWN_VLANS ? `, and ${worst.length - SHOWN_VLANS} more VLANs` : '';
  return `: ${parts.join(', ')}${more}`;
}

/** Interfaces that lost frames, when there are several. */
function dropText(captures: readonly CaptureInfo[]): string {
  const faces = captures.flatMap(({ interfaces }) => interfaces);
  if (faces.length < 2) return '';
  const parts = faces.flatMap(({ name, dropped, os_dropped, dropped_between }, place) => {
    const lost = Math.max((dropped ?? 0) + (os_dropped ?? 0), dropped_between ?? 0);
    return lost > 0 ? [`${name ?? `interface ${place}`} ${countText(lost)}`] : [];
  });
  return parts.length === 0 ? '' : `: ${parts.slice(0, SHOWN_VLANS).join(', ')}`;
}

function snapText(captures: readonly CaptureInfo[]): string {
  const lengths = new Set(captures.map(({ cut_to }) => cut_to).filter(length => length !== null));
  const sorted = [...lengths].sort((a, b) => a - b).map(length => countText(length));
  return sorted.length === 0
    ? ''
    : `; at most ${sorted.slice(0, SHOWN_VLANS).join(', ')} bytes of each are there`;
}

function stepText(captures: readonly CaptureInfo[]): string {
  const steps = captures.flatMap(({ name, clock }) =>
    clock.largest_backward ? [{ name, ...clock.largest_backward }] : [],
  );
  const largest = steps.sort((a, b) => b.seconds - a.seconds)[0];
  return largest === undefined ? '' : ` (${largest.name}, before frame ${countText(largest.frame)})`;
}
