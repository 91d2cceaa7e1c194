// @ts-check
/** Renders measurements as the Markdown that `docs/performance.md` holds. */

/**
 * @typedef {object} Row
 * @property {string} id
 * @property {string} title
 * @property {import('./measure.mjs').Cost} cost
 */

/**
 * @param {readonly Row[]} rows
 * @param {import('./corpus.mjs').Corpus} corpus
 */
export function renderTable(rows, corpus) {
  const tcpdump = rows.find(row => row.id === 'tcpdump')?.cost;
  const ndpi = rows.find(row => row.id === 'ndpiReader')?.cost;
  return [
    '| program | wall, s | processor, s | packets/s | MB/s | peak memory, MB | processor ÷ tcpdump | processor ÷ ndpiReader |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows.map(({ title, cost }) => {
      const cells = [
        title,
        cost.wall.toFixed(2),
        cost.cpu?.toFixed(2) ?? '–',
        `${(corpus.packets / cost.wall / 1e6).toFixed(2)} M`,
        (corpus.bytes / cost.wall / 1e6).toFixed(0),
        cost.memory === undefined ? '–' : (cost.memory / 1e6).toFixed(0),
        ratio(cost, tcpdump),
        ratio(cost, ndpi),
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ].join('\n');
}

/**
 * By processor time where it is known: pinned to one core that is the wall time of an idle machine, and a busy one
 * disturbs it least.
 * @param {import('./measure.mjs').Cost} cost
 * @param {import('./measure.mjs').Cost | undefined} other
 */
function ratio(cost, other) {
  if (other === undefined) return '–';
  const both = cost.cpu !== undefined && other.cpu !== undefined && other.cpu > 0;
  return (both ? cost.cpu / other.cpu : cost.wall / other.wall).toFixed(2);
}

/** @param {import('./corpus.mjs').Corpus} corpus */
export function renderCorpus(corpus) {
  const number = (/** @type {number} */ value) => value.toLocaleString('en-GB');
  return [
    `Corpus: ${number(corpus.bytes)} bytes, ${number(corpus.packets)} packets, ${number(corpus.flows)} flows`,
    `(${number(corpus.captures)} captures, ${number(corpus.rounds)} rounds).`,
    `SHA-256 \`${corpus.sha256}\`.`,
  ].join('\n');
}
