// @ts-check
/** The page of shipped rules: what each reports, why it matters and what to do about it, from the rule files. */
import { join, relative, sep } from 'node:path';
import { LEVELS } from '../../dist/model/finding.js';
import { loadRules } from '../../dist/sigma/load.js';
import { code, page, table } from './markdown.mjs';

const INTRODUCTION = `# Rules

The rules that are shipped, most severe first. They are Sigma documents; the files stand under \`rules/\`, each with its
tests beside it. \`medtap rules show NAME\` prints one.`;

/** Every shipped rule has one tag that begins so: its category. */
const CATEGORY_TAG = 'medtap.';

/** @typedef {import('../../dist/sigma/rule.js').Rule | import('../../dist/sigma/rule.js').Correlation} Rule */

/**
 * @param {string} root of the repository
 * @returns {string}
 */
export function rulesPage(root) {
  const { rules, correlations } = loadRules([{ path: join(root, 'rules'), foreign: false }]);
  const sorted = [...rules, ...correlations].sort(
    (a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level) || (a.name < b.name ? -1 : 1),
  );
  const overview = sorted.map(rule => [
    `[${rule.name}](#${rule.name})`,
    rule.level,
    category(rule),
    rule.title,
  ]);
  return page([
    INTRODUCTION,
    table(['rule', 'level', 'category', 'reports'], overview),
    ...sorted.map(rule => section(rule, root)),
  ]);
}

/** @param {Rule} rule */
function category({ tags }) {
  return tags.find(tag => tag.startsWith(CATEGORY_TAG))?.slice(CATEGORY_TAG.length) ?? '–';
}

/** @param {Rule} rule @param {string} root */
function section(rule, root) {
  const { why, remedy, controls, levelBy } = rule.extension;
  const levels = levelBy.flatMap(({ field, values }) =>
    values.map(({ value, level }) => `${level} when ${code(field.text)} is ${code(value.text)}`),
  );
  const techniques = rule.tags.filter(tag => !tag.startsWith(CATEGORY_TAG));
  const facts = [
    ['level', [rule.level, ...levels].join('; ')],
    ['category', category(rule)],
    ['status', rule.status],
    ['reads', reads(rule)],
    ['controls', controls.join(', ')],
    ['tags', techniques.join(', ')],
    ['not a problem when', rule.falsepositives.join('; ')],
    ['file', code(relative(root, rule.source.file).split(sep).join('/'))],
  ];
  const rows = facts.filter(([, value]) => value !== '').map(([name = '', value = '']) => [name, value]);
  return [
    `## ${rule.name}`,
    `**${rule.title}.**${rule.description === undefined ? '' : ` ${oneLine(rule.description)}`}`,
    ...(why === undefined ? [] : [`Why: ${oneLine(why)}`]),
    ...(remedy === undefined ? [] : [`What to do: ${oneLine(remedy)}`]),
    table(['', ''], rows),
  ].join('\n\n');
}

/** @param {Rule} rule */
function reads(rule) {
  if (rule.kind === 'correlation') return `matches of ${rule.rules.map(({ text }) => code(text)).join(', ')}`;
  const { service, category: logCategory } = rule.logsource;
  return code(service?.text ?? logCategory?.text ?? '–');
}

/** @param {string} text */
function oneLine(text) {
  return text.replace(/\s+/g, ' ').trim();
}
