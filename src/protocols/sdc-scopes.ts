/**
 * Scopes by which a medical device of ISO/IEEE 11073 SDC says in WS-Discovery where and what it is (ISO/IEEE 11073-20701
 * section 9.3): URIs whose scheme names the kind of context.
 *
 *     sdc.ctxt.loc:/sdc.ctxt.loc.detail/HOSP%2F%2F%2FICU%2F%2FBed7?fac=HOSP&poc=ICU&bed=Bed7     location
 *     sdc.cdc.type:/CODING SYSTEM/VERSION/CODE                                               type of the device
 *     sdc.ctxt.pat:/ROOT/IDENTIFIER     sdc.ctxt.opr:/…                                      patient, operator
 *
 * Identifiers of patients and operators are separated from what may be shown. Other scopes are left as they are.
 */

const PATIENT = 'sdc.ctxt.pat:';
const OPERATOR = 'sdc.ctxt.opr:';
const LOCATION = 'sdc.ctxt.loc:';
const TYPE = 'sdc.cdc.type:';

/** Parts of a location, from the largest to the smallest: facility, building, floor, point of care, room, bed. */
const LOCATION_PARTS = ['fac', 'bldng', 'flr', 'poc', 'rm', 'bed'];

/** Codes of whole devices in ISO/IEEE 11073-10101 that one meets; others are written as numbers. */
const DEVICES: Readonly<Record<string, string>> = {
  69649: 'MDC_DEV_ANALY_CONC_GAS_MULTI_PARAM_MDS',
  69965: 'MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS',
  69985: 'MDC_DEV_PUMP_INFUS_MDS',
  70001: 'MDC_DEV_SYS_PT_VENT_MDS',
  70029: 'MDC_DEV_SYS_MULTI_MODAL_MDS',
};

export interface SdcScopes {
  /** The scopes without identifiers of persons. */
  readonly shown: string[];
  readonly locations: string[];
  /** Names or codes; those of another coding system than ISO/IEEE 11073-10101 with its name before them. */
  readonly types: string[];
  readonly patients: string[];
}

export function readSdcScopes(scopes: readonly string[]): SdcScopes {
  const result: SdcScopes = { shown: [], locations: [], types: [], patients: [] };
  for (const scope of scopes) {
    if (scope.startsWith(PATIENT)) {
      const patient = identifier(scope.slice(PATIENT.length));
      if (patient !== '') result.patients.push(patient);
      result.shown.push(PATIENT);
    } else if (scope.startsWith(OPERATOR)) {
      result.shown.push(OPERATOR);
    } else {
      result.shown.push(scope);
      if (scope.startsWith(LOCATION)) add(result.locations, location(scope.slice(LOCATION.length)));
      if (scope.startsWith(TYPE)) add(result.types, type(scope.slice(TYPE.length)));
    }
  }
  return result;
}

function add(list: string[], value: string): void {
  if (value !== '' && !list.includes(value)) list.push(value);
}

/** What stands behind the last slash, or all of it. */
function identifier(path: string): string {
  const plain = path.split('?', 1)[0] ?? '';
  const last = plain.slice(plain.lastIndexOf('/') + 1);
  return unescaped(last === '' ? plain.replace(/^\/+|\/+$/g, '') : last);
}

/** The parts of its query with slashes between them; without a query the identifier. */
function location(path: string): string {
  const query = path.indexOf('?');
  if (query < 0) return identifier(path);
  // An ampersand stands in XML as &amp;, which nobody has resolved.
  const fields = new Map(
    path
      .slice(query + 1)
      .split(/&(?:amp;)?/, 16)
      .map(pair => {
        const [key = '', value = ''] = pair.split('=', 2);
        return [key, unescaped(value)] as const;
      }),
  );
  const parts = LOCATION_PARTS.map(part => fields.get(part) ?? '').filter(part => part !== '');
  return parts.length > 0 ? parts.join('/') : identifier(path);
}

function type(path: string): string {
  const [, system = '', , code = ''] = path.split('/', 5).map(unescaped);
  if (code === '') return '';
  // Nothing is said of the default coding system; a coding system may be written as an OID.
  return system === '' ? (DEVICES[code] ?? `MDC ${code}`) : `${system} ${code}`;
}

/** Without percent signs, as far as they are valid. */
export function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
