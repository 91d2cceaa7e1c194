/**
 * A finding's facts as phrases: who called whom, how often and when, in which frames, and what makes it doubtful.
 * Plain text; the layout and the encoder are the report's.
 */
import type { Device } from '../model/device.ts';
import type { Finding, FindingHost, Level } from '../model/finding.ts';
import { countText } from './numbers.ts';
import type { SiteClock } from './time.ts';

/** Frames named per capture. */
const SHOWN_FRAMES = 12;

/** A level as it stands in front of a title. */
export function levelWord(level: Level): string {
  return level === 'informational' ? 'INFO' : level.toUpperCase();
}

/** Why a finding is not certain; undefined when it is. */
export function doubt(confidence: Finding['confidence']): string | undefined {
  switch (confidence) {
    case 'high':
      return undefined;
    case 'medium':
      return 'medium: a well-known port decided who called whom, or the name comes from a resolver the inventory does not list';
    case 'low':
      return 'low: the capture does not show the beginning, so who called whom is a guess';
  }
}

/** Finds the device of a finding among the devices of the report. */
export class DeviceIndex {
  readonly #devices = new Map<string, Device>();

  constructor(devices: readonly Device[]) {
    for (const device of devices) {
      for (const key of [device.name, ...device.ips]) this.#devices.set(key, device);
    }
  }

  /** Type and criticality, as far as known. */
  details(host: FindingHost): readonly string[] {
    const single = host.ips.length === 1 ? this.#devices.get(host.ips[0]!) : undefined;
    const device = this.#devices.get(host.name) ?? single;
    const criticality = device && device.criticality !== 'none' ? device.criticality : undefined;
    return [host.type ?? device?.type, criticality].filter(detail => detail !== undefined);
  }
}

/** Who called whom: the arrow points at the side that answered. */
export function hostsPhrase(finding: Finding, index: DeviceIndex): string {
  const { device, peer, flows } = finding;
  const deviceAnswers =
    flows[0] !== undefined && peer.port === null && device.ips.includes(flows[0]['id.resp_h']);
  const peerDetails = [peer.domain, peer.type, peer.scope].filter(
    detail => detail !== null && detail !== peer.name,
  );
  const deviceText = described(device, deviceAnswers ? servicePort(finding) : null, index.details(device));
  const peerText = described(peer, peer.port, peerDetails as string[]);
  if (deviceText === '') return peerText === '' ? 'Whole segment' : peerText;
  if (peerText === '') return deviceText;
  return deviceAnswers ? `${peerText} → ${deviceText}` : `${deviceText} → ${peerText}`;
}

/** A host's name and port, with what else is known of it in brackets. */
function described(host: FindingHost, port: number | null, details: readonly string[]): string {
  if (host.name === '') return '';
  // Of several hosts, one address would look like that of all.
  const alone = host.ips.length <= 1;
  const addresses = [host.ips, host.macs].filter(list => alone && list.length === 1 && list[0] !== host.name);
  const all = [...details, ...addresses.flat()];
  const brackets = all.length > 0 ? ` (${all.join(', ')})` : '';
  if (port === null) return `${host.name}${brackets}`;
  return host.name.includes(':') ? `[${host.name}]:${port}${brackets}` : `${host.name}:${port}${brackets}`;
}

/** The responder's port of the listed flows, when they share it. */
function servicePort({ flows }: Finding): number | null {
  const ports = new Set(flows.map(flow => flow['id.resp_p']));
  return ports.size === 1 ? [...ports][0]! : null;
}

/** `3 times in 2 flows, 2026-11-18 12:06:50 to 12:16:50` */
export function seenPhrase(finding: Finding, clock: SiteClock): string {
  const times = clock.span(finding.first_seen, finding.last_seen);
  const flows = finding.flows_total > 1 ? ` in ${countText(finding.flows_total, 'flow')}` : '';
  return finding.count === 1 ? `once, ${times}` : `${countText(finding.count, 'time')}${flows}, ${times}`;
}

/** `ward.pcap: frames 12, 40 and 3 more`, one part per capture; empty without frames. */
export function evidencePhrase(finding: Finding): string {
  const captures = new Map<string, Set<number>>();
  for (const flow of finding.flows) {
    const known = captures.get(flow.capture);
    if (known) for (const frame of flow.frames) known.add(frame);
    else captures.set(flow.capture, new Set(flow.frames));
  }
  return [...captures].map(([capture, frames]) => captureFrames(capture, [...frames])).join('; ');
}

function captureFrames(capture: string, frames: number[]): string {
  if (frames.length === 0) return capture;
  const shown = frames.sort((a, b) => a - b).slice(0, SHOWN_FRAMES);
  const more = frames.length > shown.length ? ` and ${frames.length - shown.length} more` : '';
  return `${capture}: ${frames.length === 1 ? 'frame' : 'frames'} ${shown.join(', ')}${more}`;
}
