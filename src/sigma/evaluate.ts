/**
 * Compiled rules, and their evaluation over batches. The tree keeps the shape and the words of the rule, so that it can
 * be explained: selections by name, tests as the author wrote them.
 *
 * The tree is evaluated column by column into masks of one byte per row. AND stops as soon as no row is left and asks
 * its later parts only about the rows that are; OR stops when every row holds.
 */
import type { Batch } from '../model/batch.ts';
import { complement, intersection, type Mask, type Test, union } from '../model/column-tests.ts';
import type { RuleInfo } from '../model/finding.ts';
import type { StreamSchema } from '../model/schema.ts';
import type { Needs } from './needs.ts';

/** A part of a rule. */
export type Node =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Node[] }
  | { readonly kind: 'not'; readonly part: Node }
  | { readonly kind: 'selection'; readonly name: string; readonly part: Node }
  | TestNode;

/** One entry of a selection; with `all`, one value of it. */
export interface TestNode {
  readonly kind: 'test';
  /** As in the rule: `resp_scope: internet`. */
  readonly text: string;
  /** Fields it looks at. */
  readonly fields: readonly string[];
  readonly test: Test;
  /** What a record must have for it to hold, as far as that is known. */
  readonly needs: Needs;
}

/** A rule bound to the fields of its stream. */
export interface CompiledRule {
  readonly info: RuleInfo;
  /** Name of the stream it reads. */
  readonly stream: string;
  /** The stream with the fields that enrichment adds. */
  readonly schema: StreamSchema;
  readonly selections: readonly CompiledSelection[];
  readonly condition: Node;
  /** The stream's own name for a field that the rule's author may call differently. */
  fieldName(name: string): string;
}

/** A named selection of a rule. */
export interface CompiledSelection {
  readonly name: string;
  /** 1-based line in the rule's file. */
  readonly line: number;
  readonly part: Node;
}

const NO_ROWS = new Uint32Array(0);

/**
 * The rows of a batch that match the rule, ascending. The batch must be of the rule's stream, enriched.
 * @throws Error when it is of another stream, which is a defect of the caller
 */
export function evaluate(rule: CompiledRule, batch: Batch): Uint32Array {
  if (batch.schema.name !== rule.stream) {
    throw new Error(`rule ${rule.info.name} reads ${rule.stream}, not ${batch.schema.name}`);
  }
  const mask = evaluateNode(rule.condition, batch, undefined);
  if (mask === false) return NO_ROWS;
  const rows = new Uint32Array(batch.length);
  let count = 0;
  for (let row = 0; row < batch.length; row++) {
    if (mask === true || mask[row] === 1) rows[count++] = row;
  }
  return rows.slice(0, count);
}

/** For which rows of a batch a part of a rule holds: all, none, or those with 1. */
export function holdsAt(node: Node, batch: Batch): Mask {
  return evaluateNode(node, batch, undefined);
}

/** Mask of one part of a rule. Recursion is as deep as the rule, which is bounded when it is parsed. */
function evaluateNode(node: Node, batch: Batch, within: Uint8Array | undefined): Mask {
  switch (node.kind) {
    case 'test':
      return node.test(batch, within);
    case 'selection':
      return evaluateNode(node.part, batch, within);
    case 'not':
      return complement(evaluateNode(node.part, batch, within));
    case 'and': {
      let mask: Mask = true;
      for (const part of node.parts) {
        mask = intersection(mask, evaluateNode(part, batch, mask === true ? within : mask));
        if (mask === false) break;
      }
      return mask;
    }
    case 'or': {
      let mask: Mask = false;
      for (const part of node.parts) {
        mask = union(mask, evaluateNode(part, batch, within));
        if (mask === true) break;
      }
      return mask;
    }
  }
}
