/**
 * JUnit XML, as continuous integration reads it: suites of cases, each passed, failed or skipped. Text may come from
 * anywhere: what XML 1.0 cannot hold, and what a terminal would obey, is written as `\u{…}`.
 */
import { visible } from '../bytes/text.ts';

export interface JunitCase {
  readonly name: string;
  /** What the case belongs to, within its suite. */
  readonly className: string;
  readonly file: string;
  readonly line: number | undefined;
  /** Why it failed. */
  readonly failure?: string | undefined;
  /** Why it does not count. */
  readonly skipped?: string | undefined;
}

export interface JunitSuite {
  readonly name: string;
  readonly cases: readonly JunitCase[];
}

/** The document. */
export function junitXml(name: string, suites: readonly JunitSuite[]): string {
  const all = suites.flatMap(suite => suite.cases);
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name, ...counts(all) })}>`,
    ...suites.flatMap(suite => [
      `  <testsuite${attributes({ name: suite.name, ...counts(suite.cases) })}>`,
      ...suite.cases.map(caseXml),
      '  </testsuite>',
    ]),
    '</testsuites>',
  ];
  return `${lines.join('\n')}\n`;
}

function counts(cases: readonly JunitCase[]): Record<string, number> {
  return {
    tests: cases.length,
    failures: cases.filter(each => each.failure !== undefined).length,
    errors: 0,
    skipped: cases.filter(each => each.skipped !== undefined).length,
  };
}

function caseXml({ name, className, file, line, failure, skipped }: JunitCase): string {
  const head = `    <testcase${attributes({ name, classname: className, file, line })}`;
  if (failure !== undefined)
    return `${head}>\n      <failure${attributes({ message: failure })}/>\n    </testcase>`;
  if (skipped !== undefined)
    return `${head}>\n      <skipped${attributes({ message: skipped })}/>\n    </testcase>`;
  return `${head}/>`;
}

function attributes(values: Readonly<Record<string, string | number | undefined>>): string {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${xmlText(String(value))}"`)
    .join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Text for an attribute. `visible` leaves no character that XML forbids but U+FFFE and U+FFFF. */
function xmlText(text: string): string {
  return visible(text)
    .replace(/[\ufffe\uffff]/g, character => `\\u{${character.charCodeAt(0).toString(16)}}`)
    .replace(/[&<>"']/g, character => ENTITIES[character]!);
}
