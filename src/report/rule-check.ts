/** What `rules check` found: text, and JSON for editors and continuous integration (`medtap/rule-check@1`). */
import { visible } from '../bytes/text.ts';
import { formatProblem, type Problem } from '../errors.ts';
import { jsonText } from './json-text.ts';
import { countText } from './numbers.ts';

/** What a problem means for its rule. */
export type CheckKind = 'error' | 'rejected' | 'not_applicable' | 'warning';

export interface RuleCheck {
  /** Rules that scan would apply. */
  readonly loaded: number;
  /** Filters that apply to some of them. */
  readonly filters: number;
  /** Rules that are left out: about something that is not here, or wrong in themselves. */
  readonly inapplicable: number;
  readonly rejected: number;
  /** In the order of report. */
  readonly problems: readonly { readonly kind: CheckKind; readonly problem: Problem }[];
}

/** Every problem with its place and caret, then the counts. */
export function ruleCheckText({ loaded, filters, inapplicable, rejected, problems }: RuleCheck): string {
  const words = { error: 'error: ', rejected: 'rejected: ', not_applicable: 'not applicable: ', warning: '' };
  const lines = problems.map(({ kind, problem }) => {
    const severity = kind === 'warning' ? 'warning' : 'error';
    return `${words[kind]}${formatProblem({ ...problem, severity })}`;
  });
  const warnings = problems.filter(({ kind }) => kind === 'warning').length;
  const counts = [
    `${countText(loaded, 'rule')}${filters === 0 ? '' : ` and ${countText(filters, 'filter')}`} loaded`,
    `${countText(inapplicable)} not applicable`,
    `${countText(rejected)} rejected`,
    `${countText(warnings, 'warning')}`,
  ];
  return [...lines, counts.join(', ')].map(text => `${text.split('\n').map(visible).join('\n')}\n`).join('');
}

/** The same as one document. */
export function ruleCheckJson({ loaded, filters, inapplicable, rejected, problems }: RuleCheck): string {
  const count = (kind: CheckKind): number => problems.filter(each => each.kind === kind).length;
  const document = {
    schema: 'medtap/rule-check@1',
    rules: { loaded, filters, not_applicable: inapplicable, rejected },
    errors: count('error') + count('rejected'),
    warnings: count('warning'),
    problems: problems.map(({ kind, problem }) => ({
      kind,
      file: problem.file ?? null,
      line: problem.line ?? null,
      column: problem.column ?? null,
      message: problem.message,
      hint: problem.hint ?? null,
    })),
  };
  return `${jsonText(document, 2)}\n`;
}
