// @ts-check
/** The page of identifiers: which kinds `phi` records name, and which of HIPAA's eighteen each is. */
import { HIPAA_IDENTIFIERS, IDENTIFIER_KINDS, NOT_MASKED } from '../../dist/model/identifiers.js';
import { code, page, table } from './markdown.mjs';

const INTRODUCTION = `# Identifiers of patients

\`phi\` records name the kinds of identifiers that could be read on the wire, from this closed list. The letter is the place
in 45 CFR 164.514(b)(2)(i), the eighteen identifiers that HIPAA’s Safe Harbor method removes. A value never leaves a decoder:
what records hold are tokens, and words of captured text that equal a value are masked (not those marked).`;

const COVERAGE = `## The eighteen, and what looks for them

Kinds that stand for one are decoded wherever a protocol or document names them by a field of its own. In free text
what a known name announces is hidden where it is written, and leaves no record; nothing looks into pictures or sound.`;

/** @returns {string} */
export function identifiersPage() {
  const kinds = Object.entries(IDENTIFIER_KINDS);
  return page([
    INTRODUCTION,
    table(
      ['kind', '164.514(b)(2)(i)', 'meaning', 'masked in text'],
      kinds.map(([kind, { hipaa, doc }]) => [
        code(kind),
        hipaa === '-' ? 'none of them: a person of the hospital' : `(${hipaa}) ${HIPAA_IDENTIFIERS[hipaa]}`,
        doc,
        NOT_MASKED.has(kind) ? 'no' : 'yes',
      ]),
    ),
    COVERAGE,
    table(
      ['', 'identifier', 'kinds'],
      Object.entries(HIPAA_IDENTIFIERS).map(([letter, text]) => [
        `(${letter})`,
        text,
        kinds
          .filter(([, { hipaa }]) => hipaa === letter)
          .map(([kind]) => code(kind))
          .join(', ') || (letter === 'O' ? 'none: addresses are in every record' : 'none: not looked for'),
      ]),
    ),
  ]);
}
