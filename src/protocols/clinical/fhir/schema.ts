/** The `fhir` stream: one record per interaction over HTTP, and per document that anything else carries. */
import { f, flowStream } from '../../../model/schema.ts';

/** One line per FHIR interaction or carried document. */
export const fhirStream = flowStream(
  'fhir',
  'One line per FHIR interaction over HTTP, and per FHIR document that another protocol carries.',
  {
    source: f.string('Protocol that carried it, as in files: HTTP, SMTP, MQTT …'),
    fuid: f.string('The file it came in, outside HTTP.'),
    is_orig: f.bool('The originator of the flow sent the document; absent for HTTP.'),
    trans_depth: f.count('Number of the request within its flow, as in http.'),
    method: f.string('Method of the request.'),
    interaction: f.enum(
      'What was done, in FHIR’s code system restful-interaction: read, vread, update, patch, delete, create, search-type, ' +
        'search-system, search-compartment, history-instance, history-type, history-system, capabilities, batch, transaction or operation.',
    ),
    operation: f.string('Name of an operation without its $: export, everything, validate …', 'text'),
    base: f.string('Path of the server’s base.', 'text'),
    resource_type: f.string('Type of resource that the path names, else the type of the document.'),
    resource_id: f.token('Logical identifier that the path names, as a token.', 'phi'),
    compartment: f.string('Type of the compartment that was searched, e.g. Patient.'),
    search_params: f.strings('Names of search parameters, never their values.', 'text'),
    page_size: f.count('Value of _count: resources asked for per page.'),
    export_types: f.stringSet('Types of resources that an export in bulk asks for (_type).'),
    bulk: f.bool('Export in bulk: $export was asked for, or newline-delimited resources were delivered.'),
    prefer: f.string('Value of the Prefer header, e.g. respond-async.', 'text'),
    authorization: f.enum('How the request was authorised in clear: bearer or basic; absent without either.'),
    status_code: f.count('Status of the response.'),
    format: f.enum('json, xml or ndjson.'),
    fhir_version: f.string('Version of FHIR that the media type or the capability statement names.'),
    bundle_type: f.string(
      'Type of the bundle, of the response else of the request: searchset, batch, transaction …',
    ),
    total: f.count('Matches that the bundle says there are.'),
    request_types: f.stringSet('Types of resources in the request.'),
    response_types: f.stringSet('Types of resources in the response.'),
    resources: f.count('Resources in the response, else in the request; bundles are not counted.'),
    issues: f.stringSet('Codes of issues in an OperationOutcome.'),
    pid_kinds: f.stringSet('Kinds of identifiers of persons in the documents.'),
  },
);
