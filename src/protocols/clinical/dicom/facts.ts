/**
 * What the elements of a data set say about patients and about equipment, however it was written: kinds of identifiers with
 * their values (for tokens, never for records), keys of a query by name, the equipment, UIDs that are none.
 *
 * Identifiers count anywhere in the data set, equipment at its top level only. Private (odd group) elements are counted
 * and not read: they may hold anything. Limits: `MAX_VALUES`, `MAX_KEYS`.
 */
import { latin1 } from '../../../bytes/text.ts';
import { NAME_KINDS, type PhiKind } from '../../../model/identifiers.ts';
import type { PhiItem } from '../../../model/protocol.ts';
import { decoderLabel } from './charset.ts';
import { hasWildcard, identifierValues, MAX_VALUES, restricts } from './identifiers.ts';
import {
  EQUIPMENT_TAGS,
  type Equipment,
  FAILURE_REASON,
  KIND_ORDER,
  keywordOf,
  NO_MATCH_KEYS,
  OBJECT_UIDS,
  PATIENT_TAGS,
  QUERY_LEVEL,
  REFERENCED_INSTANCE,
  SOP_CLASS,
  SPECIFIC_CHARACTER_SET,
  STEP_STATUS,
  tag,
} from './tags.ts';
import { hasPath, isUid, paddedText, uidText } from './values.ts';

/** Names of keys listed of one query. */
export const MAX_KEYS = 128;

/** Defined terms of a code string. */
const STATUS = /^[A-Z][A-Z ]{0,15}$/;

/** What is looked for besides identifiers: keys of a query, the equipment of an object, what an N-service is about, or nothing. */
export type Purpose = 'query' | 'object' | 'normalized' | 'other';

/** What was learnt from elements. */
export interface CollectedFacts {
  /** Identifiers by kind. */
  readonly items: readonly PhiItem[];
  readonly privateElements: number;
  /** Only of the identifier of a query or retrieval: names of all keys, of those that hold wildcards, of empty ones. */
  readonly keys: readonly string[] | undefined;
  readonly wildcardKeys: readonly string[] | undefined;
  readonly emptyKeys: readonly string[] | undefined;
  /** How many keys restrict the query: neither empty nor only wildcards. */
  readonly matchKeys: number | undefined;
  readonly queryLevel: string | undefined;
  /** Only of an N-service: the state of a procedure step; instances listed, and those of them listed as failed. */
  readonly stepStatus: string | undefined;
  readonly references: number;
  readonly failures: number;
  /** Only of an object. */
  readonly equipment: Equipment;
  readonly sopClass: string | undefined;
  readonly invalidUid: boolean;
  readonly pathInUid: boolean;
}

export class DatasetCollector {
  readonly #purpose: Purpose;
  readonly #values = new Map<PhiKind, string[]>();
  #kept = 0;
  #privateElements = 0;
  #decoder: string | undefined;
  readonly #equipment: Equipment = {};
  #sopClass: string | undefined;
  #invalidUid = false;
  #pathInUid = false;
  #matchKeys = 0;
  #queryLevel: string | undefined;
  #stepStatus: string | undefined;
  #references = 0;
  #failures = 0;
  readonly #keys = new Set<string>();
  readonly #wildcardKeys = new Set<string>();
  readonly #emptyKeys = new Set<string>();

  constructor(purpose: Purpose) {
    this.#purpose = purpose;
  }

  facts(): CollectedFacts {
    const isQuery = this.#purpose === 'query';
    return {
      items: KIND_ORDER.flatMap(kind => {
        const values = this.#values.get(kind);
        return values === undefined ? [] : [{ kind, values }];
      }),
      privateElements: this.#privateElements,
      keys: isQuery ? [...this.#keys].sort() : undefined,
      wildcardKeys: isQuery ? [...this.#wildcardKeys].sort() : undefined,
      emptyKeys: isQuery ? [...this.#emptyKeys].sort() : undefined,
      matchKeys: isQuery ? this.#matchKeys : undefined,
      queryLevel: this.#queryLevel,
      stepStatus: this.#stepStatus,
      references: this.#references,
      failures: this.#failures,
      equipment: this.#equipment,
      sopClass: this.#sopClass,
      invalidUid: this.#invalidUid,
      pathInUid: this.#pathInUid,
    };
  }

  /** An element; see `Visit`. */
  visit(group: number, element: number, depth: number, bytes: Uint8Array, from: number, to: number): void {
    // Group lengths say nothing; odd groups are private (PS3.5 section 7.8).
    if (element === 0) return;
    if (group % 2 === 1) {
      this.#privateElements++;
      return;
    }
    const id = tag(group, element);
    if (id === SPECIFIC_CHARACTER_SET && depth === 0) this.#decoder = decoderLabel(latin1(bytes, from, to));
    if (this.#purpose === 'query') this.#visitKey(id, group, element, depth, bytes, from, to);
    else if (this.#purpose === 'object' && depth === 0) this.#visitObject(id, bytes, from, to);
    else if (this.#purpose === 'normalized') this.#visitNormalized(id, depth, bytes, from, to);
    const kind = PATIENT_TAGS.get(id);
    if (kind === undefined || this.#kept >= MAX_VALUES) return;
    for (const value of identifierValues(bytes, from, to, NAME_KINDS.has(kind), this.#decoder)) {
      if (this.#kept++ >= MAX_VALUES) return;
      const list = this.#values.get(kind);
      if (list) list.push(value);
      else this.#values.set(kind, [value]);
    }
  }

  #visitKey(
    id: number,
    group: number,
    element: number,
    depth: number,
    bytes: Uint8Array,
    from: number,
    to: number,
  ): void {
    if (id === QUERY_LEVEL && depth === 0) this.#queryLevel = paddedText(bytes, from, to);
    if (NO_MATCH_KEYS.has(id)) return;
    const isRestricting = restricts(bytes, from, to);
    if (isRestricting) this.#matchKeys++;
    if (this.#keys.size >= MAX_KEYS) return;
    const keyword = keywordOf(group, element);
    this.#keys.add(keyword);
    if (hasWildcard(bytes, from, to)) this.#wildcardKeys.add(keyword);
    else if (!isRestricting) this.#emptyKeys.add(keyword);
  }

  /** Of the lists of a storage commitment only that of failures gives a reason for each. */
  #visitNormalized(id: number, depth: number, bytes: Uint8Array, from: number, to: number): void {
    if (depth === 0 && STEP_STATUS.has(id)) {
      const status = paddedText(bytes, from, to);
      if (status !== undefined && STATUS.test(status)) this.#stepStatus = status;
    } else if (depth === 1 && id === REFERENCED_INSTANCE) this.#references++;
    else if (depth === 1 && id === FAILURE_REASON) this.#failures++;
  }

  #visitObject(id: number, bytes: Uint8Array, from: number, to: number): void {
    const field = EQUIPMENT_TAGS.get(id);
    if (field !== undefined) this.#equipment[field] = paddedText(bytes, from, to);
    if (!OBJECT_UIDS.has(id)) return;
    const uid = uidText(bytes, from, to);
    if (id === SOP_CLASS) this.#sopClass = uid;
    this.#invalidUid ||= uid !== undefined && !isUid(uid);
    this.#pathInUid ||= uid !== undefined && hasPath(uid);
  }
}
