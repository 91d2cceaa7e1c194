/**
 * Inputs that could not be read, or not in full, in plain words: which and why, what is likely behind it, what to do. A
 * name that is wrong is told from a file that is no capture, and both from a capture that ends too early.
 */
import type { CaptureInfo } from '../model/analysis.ts';
import { captureProblem } from './coverage-words.ts';
import { countText } from './numbers.ts';

/** Inputs named one by one. */
const SHOWN = 3;

type Kind = 'missing' | 'denied' | 'empty' | 'foreign' | 'link' | 'undecoded' | 'failed' | 'broken';

/** What the account of an unreadable input begins with, the first that fits; `failed` when none does. */
const KINDS: readonly (readonly [RegExp, Kind])[] = [
  [/no such file|link to a file|not a directory/, 'missing'],
  [/no permission/, 'denied'],
  [/holds no capture|is empty/, 'empty'],
  [/link to a directory/, 'link'],
  [
    /^truncated|ends (within|early)|damaged|corrupt|does not match|no end mark|what (follows|stands)/,
    'broken',
  ],
  [/^not a|archive|compressed|packed|cannot be read/, 'foreign'],
];

const WORDS: Readonly<Record<Kind, { readonly likely: string; readonly remedy: string }>> = {
  missing: {
    likely: 'the name is wrong, or the file was moved or deleted',
    remedy: 'check the name',
  },
  denied: {
    likely: 'whoever runs medtap may not read the file',
    remedy: 'have the file made readable, or run medtap as who may read it',
  },
  empty: {
    likely:
      'the file is empty, or the directory or archive holds no capture (links to directories are not followed)',
    remedy: 'name the captures themselves',
  },
  foreign: {
    likely: 'the file is no capture, or of a format that is not read',
    remedy: 'give it as pcap, pcapng or snoop',
  },
  link: {
    likely: 'a directory links to another, which may lead round in circles and is not followed',
    remedy: 'give what the link leads to as an INPUT of its own',
  },
  undecoded: {
    likely:
      'it was recorded on a link that medtap does not know, no more than the beginning of each frame was kept, or it holds nothing but protocols beside IP',
    remedy: 'capture whole frames of Ethernet or another known link',
  },
  failed: {
    likely: 'the system could not read it',
    remedy: 'see the error above',
  },
  broken: {
    likely:
      'the file was copied while it was being written, the disk was full, or the capturing program was killed',
    remedy: 'copy the file again after the capture has ended; errors above name file and byte',
  },
};

/** Inputs with a problem that is no limit of medtap; their kinds. */
function unread(captures: readonly CaptureInfo[]): readonly { capture: CaptureInfo; kind: Kind }[] {
  return captures
    .filter(({ status, limit }) => status !== 'ok' && status !== 'unmerged' && limit === null)
    .map(capture => ({ capture, kind: kindOf(capture) }));
}

function kindOf(capture: CaptureInfo): Kind {
  if (capture.status === 'undecoded' || capture.status === 'partial') return 'undecoded';
  if (capture.status !== 'unreadable') return 'broken';
  const problem = captureProblem(capture) ?? '';
  return KINDS.find(([pattern]) => pattern.test(problem))?.[1] ?? 'failed';
}

/** `nofile.pcap: no such file or directory; …`, without a full stop. */
export function unreadText(captures: readonly CaptureInfo[]): string {
  const all = unread(captures);
  const named = all
    .slice(0, SHOWN)
    .map(({ capture }) => `${capture.name}: ${captureProblem(capture) ?? 'not read to its end'}`);
  const more = all.length > SHOWN ? `; and ${countText(all.length - SHOWN)} more` : '';
  return `${named.join('; ')}${more}`;
}

/** What is likely behind it, and what to do; undefined when there is no such input. */
export function unreadReasons(
  captures: readonly CaptureInfo[],
): { readonly likely: string; readonly remedy: string } | undefined {
  const kinds = [...new Set(unread(captures).map(({ kind }) => kind))];
  if (kinds.length === 0) return undefined;
  const words = (of: 'likely' | 'remedy') => `${kinds.map(kind => WORDS[kind][of]).join('; ')}.`;
  return { likely: words('likely'), remedy: words('remedy') };
}
