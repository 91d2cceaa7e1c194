/**
 * Packs of made-up Sigma rules in the shapes that network rules have: names, request targets, agents, ports, fingerprints,
 * files, expressions, all with words that nothing else has. Deterministic.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A stream of numbers and words that is the same for the same seed. */
export function randomNumbers(seed) {
  let state = seed;
  const below = limit => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (state >>> 8) % limit;
  };
  const word = () => Array.from({ length: 6 + below(6) }, () => String.fromCharCode(97 + below(26))).join('');
  return { below, word };
}

/** Logsource and detection, by shape. */
const SHAPES = [
  (word, _) => [
    'product: zeek, service: dns',
    'query|endswith:',
    ...Array.from({ length: 5 }, () => `  - '.${word()}.com'`),
  ],
  (word, _) => ['category: proxy', 'c-uri|contains:', `  - '/${word()}.php'`, `  - '${word()}=${word()}'`],
  (word, _) => [
    'product: zeek, service: http',
    'user_agent|startswith:',
    `  - '${word()}/'`,
    `  - '${word()} '`,
    'method: POST',
  ],
  (_, below) => [
    'product: zeek, service: conn',
    `id.resp_p: [${1024 + below(60000)}, ${1024 + below(60000)}]`,
    'proto: tcp',
  ],
  (word, _) => [
    'product: zeek, service: ssl',
    `server_name|contains: '${word()}'`,
    `ja3: '${word()}${word()}'`,
  ],
  (word, _) => [
    'product: zeek, service: smb_files',
    `path|contains: '${word()}'`,
    `name|endswith: '.${word()}'`,
  ],
  (word, _) => ['category: dns', `query|re: '^[a-z0-9]{8}\\.${word()}\\.(com|net)$'`],
  (word, _) => [
    'category: webserver',
    'cs-uri-query|contains|all:',
    `  - '${word()}'`,
    "  - '../'",
    'cs-method: GET',
  ],
];

/** Writes `count` rules, one per file. */
export function writePack(folder, count) {
  mkdirSync(folder, { recursive: true });
  const { below, word } = randomNumbers(12_345);
  for (let i = 0; i < count; i++) {
    const [logsource, ...selection] = SHAPES[i % SHAPES.length](word, below);
    const text = [
      `title: Suspicious ${word()} activity ${i}`,
      `id: 00000000-0000-4000-8000-${i.toString(16).padStart(12, '0')}`,
      'status: test',
      `description: Detects ${word()} ${word()} ${word()} in network traffic`,
      `references:\n  - https://example.org/${word()}/${word()}`,
      `author: ${word()}`,
      `date: 2024-01-0${1 + below(9)}`,
      'tags:\n  - attack.command-and-control\n  - attack.t1071.001',
      `logsource: {${logsource}}`,
      'detection:',
      '  selection:',
      ...selection.map(line => `    ${line}`),
      '  known:',
      `    id.orig_h|cidr: 192.0.2.${below(250)}/32`,
      '  condition: selection and not known',
      `falsepositives:\n  - ${word()}`,
      `level: ${['low', 'medium', 'high'][below(3)]}`,
    ];
    writeFileSync(join(folder, `rule-${i}.yml`), `${text.join('\n')}\n`);
  }
}
