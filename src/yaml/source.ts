/**
 * Where in a file something stands: lines, columns, and problems that show them. Text of such files is somebody's
 * input, so what is shown of it is made safe for a terminal. Limits: problems per file, length of a shown line.
 */
import { visible } from '../bytes/text.ts';
import type { Problem } from '../errors.ts';

const MAX_PROBLEMS = 100;
/** Longer source lines are left out of messages. */
const MAX_SHOWN_LINE = 240;

/** A text and where it stands: offset in the file. */
export interface Located {
  readonly text: string;
  readonly at: number;
}

/** A text with positions. */
export interface SourceText {
  readonly file: string;
  /** 1-based line of an offset. */
  line(at: number): number;
  /** A problem at an offset, with its line shown. */
  problem(
    at: number,
    message: string,
    more?: { readonly hint?: string | undefined; readonly warning?: boolean },
  ): Problem;
  /**
   * Offset of character `index` of a key or value; of its beginning, when it is not written as it reads (folded,
   * escaped).
   */
  within(written: { readonly text: string; readonly at: number }, index: number): number;
}

/** Collects the problems of one file, up to a limit, so that a hostile file cannot flood the terminal. */
export class ProblemList {
  readonly list: Problem[] = [];

  add(problem: Problem): void {
    if (this.list.length < MAX_PROBLEMS) this.list.push(problem);
    else if (this.list.length === MAX_PROBLEMS) {
      const place = problem.file === undefined ? {} : { file: problem.file };
      this.list.push({ ...place, message: `more than ${MAX_PROBLEMS} problems; the rest is not shown` });
    }
  }

  get hasErrors(): boolean {
    return this.list.some(problem => problem.severity !== 'warning');
  }
}

/** A name from a file for a message: quoted, short, without control characters. */
export function quote(name: string): string {
  return `"${visible(name.length > 80 ? `${name.slice(0, 80)}…` : name)}"`;
}

/** A source line with every control and invisible character as one dot, so that the caret stays where it belongs. */
function shownLine(line: string): string {
  return line.replace(/\r$/, '').replace(/[\s\S]/gu, char => (visible(char) === char ? char : '·'));
}

/** Positions for a text. */
export function sourceText(file: string, text: string): SourceText {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);

  const line = (at: number): number => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= at) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };

  return {
    file,
    line,
    problem(at, message, more = {}) {
      const number = line(at);
      const start = starts[number - 1]!;
      const end = starts[number] === undefined ? text.length : starts[number]! - 1;
      const source = text.slice(start, Math.min(end, start + MAX_SHOWN_LINE + 1));
      return {
        message,
        file,
        line: number,
        column: at - start + 1,
        ...(source.length > MAX_SHOWN_LINE ? {} : { source: shownLine(source) }),
        ...(more.hint === undefined ? {} : { hint: more.hint }),
        ...(more.warning === true ? { severity: 'warning' as const } : {}),
      };
    },
    within({ text: written, at }, index) {
      const quoted = text[at] === '"' || text[at] === "'" ? 1 : 0;
      return text.startsWith(written, at + quoted) ? at + quoted + index : at;
    },
  };
}
