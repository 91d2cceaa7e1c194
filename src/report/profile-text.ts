/** What rules cost, as a table, the dearest first. */
import type { RuleCost, RuleProfile } from '../model/rule-cost.ts';
import { countText } from './numbers.ts';
import { layoutTable, type TableColumn } from './table.ts';

/** Rules shown; JSON has all. */
const SHOWN = 25;

const COLUMNS: readonly TableColumn[] = [
  { title: 'Rule', shortest: 12 },
  { title: 'Stream', shortest: 8, drop: 1 },
  { title: 'Time', right: true },
  { title: 'Records', right: true },
  { title: 'Matches', right: true },
];

/** The table. */
export function profileText(
  { rules, correlations_milliseconds: together }: RuleProfile,
  width: number,
): string {
  const rows = rules
    .slice(0, SHOWN)
    .map(({ rule, stream, milliseconds, records, matches }) => [
      rule,
      stream,
      milliseconds === null ? '–' : timeText(milliseconds),
      isAsked({ milliseconds, records }) ? countText(records) : '–',
      countText(matches),
    ]);
  const table = layoutTable(COLUMNS, rows, width);
  const total = rules.reduce((sum, { milliseconds }) => sum + (milliseconds ?? 0), 0);
  const lines = [table.header(), ...rows.map(row => table.row(row))];
  if (rules.length > SHOWN) lines.push(`and ${countText(rules.length - SHOWN, 'more rule')}`);
  if (rules.some(rule => !isAsked(rule)))
    lines.push('–: no record of the stream held what the rule needs, so it was never evaluated');
  lines.push(`All rules ${timeText(total)}, all correlations together ${timeText(together)}`);
  return `${lines.join('\n')}\n`;
}

/** Whether a rule saw records; of a correlation nothing is timed. */
function isAsked({ milliseconds, records }: Pick<RuleCost, 'milliseconds' | 'records'>): boolean {
  return milliseconds === null || records > 0;
}

function timeText(milliseconds: number): string {
  return `${milliseconds.toFixed(milliseconds < 10 ? 2 : 0)} ms`;
}
