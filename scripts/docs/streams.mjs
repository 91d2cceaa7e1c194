// @ts-check
/** The page of streams: what each record holds, from the schemas that the decoders declare. */
import { ENRICHMENT_FIELDS } from '../../dist/model/device.js';
import { EVIDENCE_FIELDS, FLOW_FIELDS } from '../../dist/model/schema.js';
import { PROTOCOLS, STREAMS } from '../../dist/pipeline/streams.js';
import { code, page, table } from './markdown.mjs';

const INTRODUCTION = `# Streams

A stream is one kind of record. Names of streams and fields, units and conventions are Zeek’s where Zeek has them: times
in seconds since 1970 UTC, intervals in seconds, sizes in bytes of payload. Every field may be absent.

The class says how a value is treated. \`plain\` is shown as it is. \`text\` is captured text: shown, except that words
equal to an identifier decoded in the same run are masked. \`phi\` and \`secret\` never leave the decoder; what stands in the
field is a token, equal for equal values.`;

const ENRICHMENT = `## Fields that say who the two sides are

Records of streams with flow fields get these before rules see them: what the inventory, or passive recognition, knows
of the originator (\`orig_…\`) and of the responder (\`resp_…\`).`;

/** @returns {string} */
export function streamsPage() {
  const names = [...STREAMS.keys()];
  return page([
    INTRODUCTION,
    names.map(name => `[${name}](#${name})`).join(' · '),
    protocols(),
    '## Fields of every flow\n\nStreams that belong to flows begin with these. They are not repeated below.',
    fieldTable(FLOW_FIELDS),
    '## Evidence\n\nEvery record ends with these. They are not repeated below.',
    fieldTable(EVIDENCE_FIELDS),
    ENRICHMENT,
    fieldTable(ENRICHMENT_FIELDS),
    ...[...STREAMS.values()].map(section),
  ]);
}

function protocols() {
  const rows = PROTOCOLS.map(({ name, transports, ports, streams }) => [
    code(name),
    transports.join(', '),
    ports.join(', ') || '–',
    streams.map(stream => code(stream.name)).join(', ') || '–',
  ]);
  const head = ['protocol', 'transport', 'usual ports', 'streams of its own'];
  return `## Protocols\n\nRecognised by content on any port; a usual port only raises confidence.\n\n${table(head, rows)}`;
}

/** @param {import('../../dist/model/schema.js').StreamSchema} stream */
function section({ name, doc, fields }) {
  const isFlow = Object.keys(FLOW_FIELDS).every(field => field in fields);
  const shared = { ...(isFlow ? FLOW_FIELDS : {}), ...EVIDENCE_FIELDS };
  const own = Object.fromEntries(Object.entries(fields).filter(([field]) => !(field in shared)));
  const kind = isFlow ? 'Begins with the fields of its flow.' : 'Belongs to no flow.';
  return `## ${name}\n\n${doc} ${kind}\n\n${fieldTable(own)}`;
}

/** @param {import('../../dist/model/schema.js').Fields} fields */
function fieldTable(fields) {
  const rows = Object.entries(fields).map(([name, field]) => [
    code(name),
    field.type,
    field.class,
    field.doc,
  ]);
  return table(['field', 'type', 'class', 'meaning'], rows);
}
