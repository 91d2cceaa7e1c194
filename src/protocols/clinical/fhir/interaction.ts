/**
 * What an HTTP request asks of a FHIR server, by its method and path (R4 section 3.1, "RESTful API", and the same in R5). The
 * base may be any path: it ends where a resource type, `metadata`, `_history`, `_search` or an operation begins.
 *
 * Limits: `MAX_TARGET` characters of a target, `MAX_PARAMETERS` of its parameters.
 */
import { RESOURCE_TYPES } from './types.ts';

const MAX_TARGET = 8192;
const MAX_PARAMETERS = 64;
const MAX_TYPES = 64;
/** R4 section 2.24.0.1: an id. */
const ID = /^[A-Za-z0-9.-]{1,64}$/;
const OPERATION = /^\$([A-Za-z][A-Za-z0-9-]{0,63})$/;
const PARAMETER = /^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$/;

/** A request as its target tells it. */
export interface Interaction {
  /** Absent where the path says nothing, as for a POST to the base. */
  readonly code: string | undefined;
  readonly operation: string | undefined;
  /** `/` for a base at the root. */
  readonly base: string;
  readonly type: string | undefined;
  readonly id: string | undefined;
  readonly compartment: string | undefined;
  readonly parameters: readonly string[];
  readonly pageSize: number | undefined;
  readonly exportTypes: readonly string[];
  /** The path has the form of FHIR, wherever the server is. */
  readonly isTelling: boolean;
}

/** @param form parameters of a search that came in the body */
export function readInteraction(method: string, target: string, form = ''): Interaction {
  const [path = '', query = ''] = target
    .slice(0, MAX_TARGET)
    .replace(/^[a-z]{1,8}:\/\/[^/?#]*/i, '')
    .split('#', 1)[0]!
    .split(/\?(.*)/s, 2);
  const segments = path.split('/').filter(segment => segment !== '');
  const at = segments.findIndex((segment, i) => beginsResource(segment, i, segments));
  const rest = at < 0 ? [] : segments.slice(at);
  const base = `/${segments.slice(0, at < 0 ? segments.length : at).join('/')}`;
  const parameters = [...parametersOf(query), ...parametersOf(form)].slice(0, MAX_PARAMETERS);
  const value = (name: string): string | undefined => parameters.find(([key]) => key === name)?.[1];
  const size = /^\d{1,9}$/.exec(value('_count') ?? '')?.[0];
  return {
    ...readPath(method.toUpperCase(), rest, parameters.length > 0),
    base,
    parameters: [...new Set(parameters.map(([name]) => name))],
    pageSize: size === undefined ? undefined : Number(size),
    exportTypes: decoded(value('_type') ?? '')
      .split(',', MAX_TYPES)
      .filter(type => RESOURCE_TYPES.has(type)),
    isTelling: rest.length > 0 && (/(?:^|[/_.-])fhir/i.test(base) || rest.some(part => OPERATION.test(part))),
  };
}

/** Whether the path is that of a resource, operation or the like from here on. */
function beginsResource(segment: string, i: number, segments: readonly string[]): boolean {
  if (RESOURCE_TYPES.has(segment) || OPERATION.test(segment)) return true;
  const isLast = i === segments.length - 1;
  return isLast && (segment === 'metadata' || segment === '_history' || segment === '_search');
}

type Path = Pick<Interaction, 'code' | 'operation' | 'type' | 'id' | 'compartment'>;
const NOTHING: Path = {
  code: undefined,
  operation: undefined,
  type: undefined,
  id: undefined,
  compartment: undefined,
};

function readPath(method: string, rest: readonly string[], hasParameters: boolean): Path {
  const reads = method === 'GET' || method === 'HEAD' || method === '';
  const operation = OPERATION.exec(rest.at(-1) ?? '')?.[1];
  const [first, second, third] = rest;
  const type = first !== undefined && RESOURCE_TYPES.has(first) ? first : undefined;
  const id = type !== undefined && second !== undefined && ID.test(second) ? second : undefined;
  if (operation !== undefined) return { ...NOTHING, code: 'operation', operation, type, id };
  if (first === undefined) return { ...NOTHING, code: reads && hasParameters ? 'search-system' : undefined };
  if (first === 'metadata') return { ...NOTHING, code: 'capabilities' };
  if (first === '_history') return { ...NOTHING, code: 'history-system' };
  if (first === '_search') return { ...NOTHING, code: 'search-system' };
  if (second === undefined) return { ...NOTHING, type, code: reads ? 'search-type' : WRITES[method] };
  if (second === '_search') return { ...NOTHING, type, code: 'search-type' };
  if (second === '_history') return { ...NOTHING, type, code: 'history-type' };
  if (id === undefined) return { ...NOTHING, type };
  if (third === undefined) return { ...NOTHING, type, id, code: reads ? 'read' : WRITES[method] };
  if (third === '_history')
    return { ...NOTHING, type, id, code: rest.length > 3 ? 'vread' : 'history-instance' };
  if (third === '*') return { ...NOTHING, id, compartment: type, code: 'search-compartment' };
  if (RESOURCE_TYPES.has(third))
    return { ...NOTHING, type: third, id, compartment: type, code: 'search-compartment' };
  return { ...NOTHING, type, id };
}

/** Interactions that change something, by method. */
const WRITES: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Names that are parameters, with their values as they stand. */
function parametersOf(query: string): (readonly [string, string])[] {
  return query
    .split('&', MAX_PARAMETERS)
    .map(pair => pair.split(/=(.*)/s, 2))
    .map(([name = '', value = '']) => [decoded(name), value] as const)
    .filter(([name]) => PARAMETER.test(name));
}

function decoded(text: string): string {
  return text.replace(/%([\da-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}
