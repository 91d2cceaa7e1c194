/** Rules `a`, `b`, `c` that match by the field `kind`, correlations written as YAML, and what they find in records. */

import { UserError } from '../../src/errors.ts';
import { BatchBuilder } from '../../src/model/batch-builder.ts';
import { compileRules } from '../../src/sigma/compile.ts';
import { type CompiledCorrelations, compileCorrelations } from '../../src/sigma/compile-correlation.ts';
import { Correlator, type CorrelatorOptions } from '../../src/sigma/correlate.ts';
import { type CompiledRule, evaluate } from '../../src/sigma/evaluate.ts';
import { parseRuleFile } from '../../src/sigma/rule-file.ts';
import { SAMPLE, type SampleRecord, SCHEMAS } from './support.ts';

const HEX = new Map([...'abcdefghijklmnopqrstuvwxyz'].map((letter, i) => [letter, String(i + 10)]));

/** A UUID for a short name. */
export function idOf(name: string): string {
  const digits = [...name].map(letter => HEX.get(letter) ?? letter.charCodeAt(0)).join('');
  return `00000000-0000-4000-8000-${digits
    .replace(/[^0-9]/g, '')
    .padStart(12, '0')
    .slice(-12)}`;
}

/** A rule that matches records of one kind. */
export function kindRule(name: string): string {
  return [
    `title: Kind ${name}`,
    `id: ${idOf(name)}`,
    `name: ${name}`,
    'status: stable',
    'level: low',
    'logsource: {product: zeek, service: sample}',
    `detection: {sel: {kind: ${name}}, condition: sel}`,
    'medtap: {}',
  ].join('\n');
}

/** A correlation; `body` is the flow map under `correlation`. */
export function correlationText(name: string, body: string, extra = 'medtap: {}'): string {
  return [
    `title: Correlation ${name}`,
    `id: ${idOf(name)}`,
    `name: ${name}`,
    'status: stable',
    'level: high',
    `correlation: ${body}`,
    extra,
  ].join('\n');
}

export interface CompiledText extends CompiledCorrelations {
  readonly rules: readonly CompiledRule[];
}

/** Documents, in this order, compiled. */
export function compileDocuments(documents: readonly string[], foreign = false): CompiledText {
  const file = parseRuleFile('rule.yml', documents.join('\n---\n'), foreign);
  if (file.errors.length > 0) throw new UserError(file.errors);
  const rules = file.documents.filter(document => document.kind === 'rule');
  const correlations = file.documents.filter(document => document.kind === 'correlation');
  const compiled = compileRules(rules, SCHEMAS, { lists: undefined });
  const correlated = compileCorrelations(correlations, rules, compiled);
  return {
    ...correlated,
    rules: compiled.rules,
    rejected: [...file.rejected, ...compiled.rejected, ...correlated.rejected],
  };
}

/** What each correlation found: by its name and group, the numbers of the records, each as often as it was given. */
export type Found = Readonly<Record<string, readonly number[]>>;

/** Applies the documents to records, which must be in the order of time. */
export function correlate(
  { rules, correlations, silent }: CompiledText,
  records: readonly SampleRecord[],
  options: CorrelatorOptions = {},
): { readonly found: Found; readonly limits: Readonly<Record<string, number>> } {
  const builder = new BatchBuilder(SAMPLE);
  for (const [order, record] of records.entries()) builder.append(record, order);
  const batch = builder.build();
  const matched = rules.map(rule => new Set(evaluate(rule, batch)));
  const correlator = new Correlator(correlations, { silent, ...options });
  const found: Record<string, number[]> = {};
  const collect = () => {
    for (const { correlation, group, row } of correlator.take()) {
      const key = [correlation.info.name, ...group].join(' ');
      found[key] = [...(found[key] ?? []), row];
    }
  };
  for (const row of records.keys()) {
    for (const [i, rule] of rules.entries())
      if (matched[i]!.has(row)) correlator.add(rule.info.id, batch, row);
    collect();
  }
  correlator.finish();
  collect();
  for (const rows of Object.values(found)) rows.sort((a, b) => a - b);
  return { found, limits: correlator.limits() };
}
