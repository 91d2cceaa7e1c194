/**
 * One FHIR interaction over HTTP: what the request asks for (`interaction.ts`), and what the documents of both sides hold.
 *
 * An exchange is FHIR when one of its bodies is, when the client accepts FHIR's media types, or when the path has FHIR's form
 * below a base that says `fhir`, or names an operation (`$export`). Limits: those of the parts.
 */
import type { FlowContext } from '../../../model/protocol.ts';
import type { HttpExchange } from '../payload.ts';
import type { FhirFacts } from './document.ts';
import { readInteraction } from './interaction.ts';
import { fhirStream } from './schema.ts';

const MEDIA_TYPE = /\bapplication\/(?:fhir\+(?:json|xml|ndjson)|json\+fhir|xml\+fhir)\b/i;

function isFacts(found: unknown): found is FhirFacts {
  return typeof found === 'object' && found !== null && (found as { kind?: unknown }).kind === 'fhir';
}

/** Emits the record of an exchange, when it is FHIR. */
export function reportFhirExchange(flow: FlowContext, x: HttpExchange): void {
  const request = x.request.found.find(isFacts);
  const response = x.response.found.find(isFacts);
  const isDeclared = [x.accept, x.request.contentType, x.response.contentType].some(type =>
    MEDIA_TYPE.test(type),
  );
  const known = request !== undefined || response !== undefined || isDeclared;
  // Most requests are something else: decide by little.
  if (!known && !/fhir|\$[a-z]/i.test(x.target)) return;
  const types = `${x.accept} ${x.request.contentType} ${x.response.contentType}`;
  const { code, operation, base, type, id, compartment, parameters, pageSize, exportTypes, isTelling } =
    readInteraction(x.method, x.target, x.form);
  if (!known && !isTelling) return;
  const main = response ?? request;
  const bundle = response?.bundleType ?? request?.bundleType;
  const isBulk = operation === 'export' || /ndjson/i.test(types) || response?.format === 'ndjson';
  const kinds = new Set([...(request?.pidKinds ?? []), ...(response?.pidKinds ?? [])]);
  const issues = new Set([...(request?.issues ?? []), ...(response?.issues ?? [])]);
  flow.emit(fhirStream, {
    ts: x.ts,
    frame: x.frame,
    source: 'HTTP',
    trans_depth: x.depth,
    method: x.method,
    interaction: code ?? interactionOf(x.method, request),
    operation,
    base,
    resource_type: type ?? main?.type,
    resource_id:
      id === undefined
        ? undefined
        : flow.token(type === 'Patient' || compartment === 'Patient' ? 'mrn' : 'resource_id', id),
    compartment,
    search_params: parameters.length === 0 ? undefined : parameters,
    page_size: pageSize,
    export_types: exportTypes.length === 0 ? undefined : exportTypes,
    bulk: isBulk,
    prefer: x.prefer === '' ? undefined : x.prefer,
    authorization: x.authorization,
    status_code: x.status,
    format: main?.format,
    fhir_version: /\bfhirVersion=(\d\.\d)\b/.exec(types)?.[1] ?? main?.fhirVersion,
    bundle_type: bundle,
    total: response?.total,
    request_types: listed(request?.types),
    response_types: listed(response?.types),
    resources: main?.resources,
    issues: listed(issues),
    pid_kinds: listed(kinds),
  });
}

/** A POST to the base: its bundle says what it is. */
function interactionOf(method: string, request: FhirFacts | undefined): string | undefined {
  const type = request?.bundleType;
  return method === 'POST' && (type === 'batch' || type === 'transaction') ? type : undefined;
}

function listed(names: ReadonlySet<string> | undefined): readonly string[] | undefined {
  return names === undefined || names.size === 0 ? undefined : [...names].sort();
}
