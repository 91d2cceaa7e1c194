/**
 * Results as JSON: `medtap/scan@1`, `medtap/devices@1` and `medtap/explanation@1`. The shape is public contract: additions are allowed
 * within a major version, nothing is renamed or removed. Absent values are null, so that every key is always there.
 *
 * Times are ISO 8601 in UTC with six decimals, nine when they are not whole microseconds. Without `run.volatile` the
 * same input, rules and options give the same bytes.
 */
import type { CaptureInfo, ClockJump, Coverage } from '../model/analysis.ts';
import type { Device, Evidence, Explanation } from '../model/device.ts';
import type { Finding } from '../model/finding.ts';
import type { Health } from '../model/health.ts';
import type { DoctorReport } from './doctor-text.ts';
import { itemsOf, jsonDocument, jsonText } from './json-text.ts';
import type { DevicesReport, RunInfo, ScanReport } from './scan-report.ts';
import { isoTime } from './time.ts';

/** The result of `scan`, in pieces. */
export function scanJson(report: ScanReport): Iterable<string> {
  const { run } = report;
  return jsonDocument(
    {
      schema: 'medtap/scan@1',
      run: { ...runJson(run), rules: run.rules, ...volatileJson(run) },
      captures: report.captures.map(captureJson),
      coverage: { ...coverageJson(report.coverage), ...visibilityJson(report.health) },
    },
    {
      devices: itemsOf(report.devices, deviceJson),
      findings: itemsOf(report.findings, findingJson),
      filters: itemsOf(report.filters, filter => filter),
    },
  );
}

/** The result of `doctor`. */
export function doctorJson({ run, captures, coverage, health }: DoctorReport): string {
  return document({
    schema: 'medtap/doctor@1',
    run: { ...runJson(run), ...volatileJson(run) },
    ...visibilityJson(health),
    facts: health.facts,
    ip_protocols: health.ip_protocols,
    unrecognised: health.unrecognised,
    clocks: health.clocks,
    captures: captures.map((capture, i) => ({ ...captureJson(capture), health: health.captures[i] ?? null })),
    coverage: coverageJson(coverage),
  });
}

function visibilityJson({ visibility, causes }: Health): object {
  return { visibility, causes };
}

/** The result of `devices`, in pieces. */
export function devicesJson(report: DevicesReport): Iterable<string> {
  return jsonDocument(
    {
      schema: 'medtap/devices@1',
      run: { ...runJson(report.run), ...volatileJson(report.run) },
      captures: report.captures.map(captureJson),
      coverage: coverageJson(report.coverage),
    },
    { devices: itemsOf(report.devices, deviceJson) },
  );
}

function document(value: object): string {
  return `${jsonText(value, 2)}\n`;
}

/** How the run came about, but for its rules. */
export function runJson(run: Omit<RunInfo, 'rules'>): object {
  return {
    tool: 'medtap',
    version: run.version,
    options: run.options,
    site: run.site,
    timezone: run.timezone,
  };
}

/** Clock, host and memory, unless they are left out. */
export function volatileJson(run: Omit<RunInfo, 'rules'>): object {
  return run.volatile ? { volatile: run.volatile } : {};
}

/** One input. */
export function captureJson(capture: CaptureInfo): object {
  return {
    name: capture.name,
    format: capture.format,
    sha256: capture.sha256,
    bytes: capture.bytes,
    frames: capture.frames,
    records: capture.records,
    wire_bytes: capture.wire_bytes,
    snapped: capture.snapped,
    cut_bytes: capture.cut_bytes,
    cut_to: capture.cut_to,
    first: capture.first && isoTime(capture.first),
    last: capture.last && isoTime(capture.last),
    link_types: capture.link_types,
    interfaces: capture.interfaces,
    snap_length: capture.snap_length,
    drops: capture.drops,
    untimed: capture.untimed,
    containers: capture.containers,
    clock: {
      ...capture.clock,
      largest_backward: jumpJson(capture.clock.largest_backward),
      largest_forward: jumpJson(capture.clock.largest_forward),
    },
    outside: capture.outside,
    duplicates: capture.duplicates,
    same_as: capture.same_as,
    status: capture.status,
    problem: capture.problem,
    offset: capture.offset,
    limit: capture.limit,
  };
}

function jumpJson(jump: ClockJump | null): object | null {
  return jump && { seconds: jump.seconds, ts: isoTime(jump.ts), frame: jump.frame };
}

/** How much could be seen. */
export function coverageJson(coverage: Coverage): object {
  return {
    ...coverage,
    undecoded: inOrder(coverage.undecoded),
    records: inOrder(coverage.records),
    limits: inOrder(coverage.limits),
    decoder_failures: inOrder(coverage.decoder_failures),
  };
}

/** Counters by name, in the order of their names. */
function inOrder(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function deviceJson(device: Device): object {
  return {
    name: device.name,
    known: device.known,
    type: device.type ?? null,
    medical: device.medical,
    criticality: device.criticality,
    vendor: device.vendor ?? null,
    model: device.model ?? null,
    confidence: device.confidence ?? null,
    hints: device.hints,
    zone: device.zone ?? null,
    ips: device.ips,
    macs: device.macs,
    evidence: device.evidence.map(evidenceJson),
  };
}

function evidenceJson(evidence: Evidence): object {
  return {
    attribute: evidence.attribute,
    value: evidence.value,
    source: evidence.source,
    confidence: evidence.confidence,
    behind: evidence.behind ?? false,
    frame: evidence.frame ?? null,
    capture: evidence.capture ?? null,
  };
}

/** The result of `devices --explain`. */
export function explanationsJson(report: DevicesReport, explanations: readonly Explanation[]): string {
  const argument = ({ evidence, strength, why }: Explanation['candidates'][number]['counted'][number]) => ({
    evidence: evidenceJson(evidence),
    strength,
    why,
  });
  return document({
    schema: 'medtap/explanation@1',
    run: { ...runJson(report.run), ...volatileJson(report.run) },
    captures: report.captures.map(captureJson),
    coverage: coverageJson(report.coverage),
    explanations: explanations.map(({ device, reason, candidates, evidence, tenures }) => ({
      device: deviceJson(device),
      reason,
      candidates: candidates.map(candidate => ({
        type: candidate.type,
        confidence: candidate.confidence,
        counted: candidate.counted.map(argument),
        weaker: candidate.weaker.map(argument),
      })),
      evidence: evidence.map(item => ({
        evidence: evidenceJson(item.evidence),
        verdict: item.verdict,
        why: item.why,
      })),
      tenures: tenures.map(({ ip, mac, from, until }) => ({
        ip,
        mac,
        from: from ?? null,
        until: until ?? null,
      })),
    })),
  });
}

function findingJson(finding: Finding): object {
  return {
    fingerprint: finding.fingerprint,
    rule: finding.rule,
    level: finding.level,
    message: finding.message,
    confidence: finding.confidence,
    device: finding.device,
    peer: finding.peer,
    count: finding.count,
    first_seen: isoTime(finding.first_seen),
    last_seen: isoTime(finding.last_seen),
    flows_total: finding.flows_total,
    flows: finding.flows,
    display_filter: finding.display_filter,
    controls: finding.controls,
    why: finding.why,
    remedy: finding.remedy,
    status: finding.status,
  };
}
