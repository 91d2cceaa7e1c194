/** `rules explain` as JSON: `medtap/explanation@1`. Times are ISO 8601 in UTC; absent values are null. */
import type {
  CorrelationExplanation,
  ExplainedPart,
  Explanation,
  RuleExplanation,
} from '../model/explanation.ts';
import type { Moment, Value } from '../model/schema.ts';
import type { ExplanationReport } from './explanation-text.ts';
import { jsonText } from './json-text.ts';
import { isoTime } from './time.ts';

/** The whole result, one document. */
export function explanationJson({
  rule,
  file,
  notes,
  flow,
  streams,
  explanation,
}: ExplanationReport): string {
  const { id, name, title, level, stream } = rule;
  const document = {
    schema: 'medtap/explanation@1',
    rule: { id, name, title, level, stream, file },
    notes,
    flow: flow ?? null,
    streams: Object.fromEntries(streams),
    explanation: explanationShape(explanation),
  };
  return `${jsonText(document, 2)}\n`;
}

function explanationShape(explanation: Explanation): object {
  return explanation.kind === 'rule' ? ruleShape(explanation) : correlationShape(explanation);
}

function ruleShape(explanation: RuleExplanation): object {
  return {
    ...explanation,
    shown: explanation.shown.map(record => ({
      ...record,
      time: isoTime(record.time),
      condition: partShape(record.condition),
      selections: record.selections.map(selection => ({ ...selection, part: partShape(selection.part) })),
    })),
  };
}

function partShape(part: ExplainedPart): object {
  switch (part.kind) {
    case 'selection':
      return part;
    case 'test':
      return {
        ...part,
        values: part.values.map(({ field, value }) => ({ field, value: valueShape(value) })),
      };
    default:
      return { ...part, parts: part.parts.map(partShape) };
  }
}

function valueShape(value: Value | null): unknown {
  return value !== null && typeof value === 'object' && 'sec' in value ? isoTime(value as Moment) : value;
}

function correlationShape(explanation: CorrelationExplanation): object {
  return {
    ...explanation,
    shown: explanation.shown.map(group => ({
      ...group,
      from: isoTime(group.from),
      to: isoTime(group.to),
    })),
  };
}
