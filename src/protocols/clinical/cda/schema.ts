/** The `cda` stream: one record per clinical document in any carrier. */
import { f, flowStream } from '../../../model/schema.ts';

/** One line per HL7 CDA document. */
export const cdaStream = flowStream(
  'cda',
  'One line per clinical document (HL7 CDA) that any protocol carries.',
  {
    source: f.string('Protocol that carried it, as in files: HTTP, SMTP, FTP_DATA …'),
    fuid: f.string('The file it came in.'),
    is_orig: f.bool('The originator of the flow sent it.'),
    document_type: f.string(
      'Code of the document’s type, mostly LOINC: 34133-9 summary, 18842-5 discharge summary …',
    ),
    code_system: f.string('Object identifier of that code’s system.'),
    templates: f.stringSet('Object identifiers of the templates it claims to follow, at most 16.'),
    created: f.string('When it was created, as written: digits, with a time zone.'),
    confidentiality: f.string('Code of confidentiality: N normal, R restricted, V very restricted.'),
    language: f.string('Language, e.g. en-US.'),
    custodian: f.string('Organisation that keeps the document.', 'text'),
    custodian_id: f.string('Object identifier of that organisation.'),
    pid_kinds: f.stringSet('Kinds of identifiers of persons in its header.'),
  },
);
