/**
 * Which document a name or id in a correlation or filter means, over all files and in any order. An id wins over a
 * name. Correlations come back so that each stands after those it refers to; a circle is an error of every member.
 */
import type { Problem } from '../errors.ts';
import { didYouMean } from '../yaml/reader.ts';
import { type Located, quote } from '../yaml/source.ts';
import type { Correlation, DocumentBase, Filter, Rule } from './rule.ts';

/** Correlations of correlations of …: deeper is no longer understood by anybody. */
const MAX_CHAIN = 16;

/** A document that can be referred to. */
export type Target = Rule | Correlation;

/** Finds documents by what others call them. */
export interface References {
  /** The document, or why there is none. */
  find(name: Located, from: Pick<DocumentBase, 'source'>): Target | Problem;
}

/** Documents by id and by name. */
export function indexReferences(documents: readonly Target[]): References {
  const byId = new Map(documents.map(document => [document.id, document]));
  const byName = new Map<string, Target[]>();
  for (const document of documents) {
    const same = byName.get(document.name);
    if (same === undefined) byName.set(document.name, [document]);
    else same.push(document);
  }
  return {
    find(name, from) {
      const found = byId.get(name.text.toLowerCase());
      if (found !== undefined) return found;
      const named = byName.get(name.text) ?? [];
      if (named.length === 1) return named[0]!;
      if (named.length > 1) {
        const ids = named.map(document => document.id).join(', ');
        const message = `${named.length} rules are named ${quote(name.text)}`;
        return from.source.problem(name.at, message, { hint: `refer to one by id: ${ids}` });
      }
      const hint = didYouMean(name.text, byName.keys()) ?? 'refer to a rule of any file by its name or id';
      return from.source.problem(name.at, `no rule has the name or id ${quote(name.text)}`, { hint });
    },
  };
}

/**
 * What is wrong with names in strict correlations and filters, whatever else is wrong with the rules they mean.
 * @param broken names and ids, in lower case, of documents that could not be read
 */
export function referenceErrors(
  documents: readonly Target[],
  filters: readonly Filter[],
  broken: ReadonlySet<string> = new Set(),
): readonly Problem[] {
  const references = indexReferences(documents);
  const named = [...documents.filter(each => each.kind === 'correlation'), ...filters];
  return named
    .filter(each => each.strict)
    .flatMap(each => {
      const names = each.rules === 'any' ? [] : each.rules;
      return names
        .filter(({ text }) => !broken.has(text) && !broken.has(text.toLowerCase()))
        .map(name => references.find(name, each));
    })
    .filter(isProblem);
}

/** Whether `find` failed. */
export function isProblem(found: Target | Problem): found is Problem {
  return 'message' in found;
}

/** Correlations in the order of evaluation, and those that are part of a circle or too deep. */
export interface Ordered {
  readonly order: readonly Correlation[];
  readonly problems: ReadonlyMap<Correlation, Problem>;
}

/** Sorts correlations so that each comes after what it refers to. */
export function orderCorrelations(correlations: readonly Correlation[], references: References): Ordered {
  const order: Correlation[] = [];
  const problems = new Map<Correlation, Problem>();
  const depths = new Map<Correlation, number>();
  const path: Correlation[] = [];

  /** Every member is told, with the circle as it looks from there. */
  const noteCircle = (members: readonly Correlation[]): void => {
    for (const [i, member] of members.entries()) {
      if (problems.has(member)) continue;
      const circle = [...members.slice(i), ...members.slice(0, i), member];
      const at = member.rules.find(name => references.find(name, member) === circle[1])?.at ?? member.at;
      const message = `the correlation refers to itself: ${circle.map(each => each.name).join(' → ')}`;
      problems.set(member, member.source.problem(at, message));
    }
  };

  const visit = (correlation: Correlation): number => {
    const known = depths.get(correlation);
    if (known !== undefined) return known;
    path.push(correlation);
    let depth = 1;
    for (const name of correlation.rules) {
      const target = references.find(name, correlation);
      if (isProblem(target) || target.kind !== 'correlation') continue;
      const from = path.indexOf(target);
      if (from >= 0) {
        noteCircle(path.slice(from));
      } else if (path.length >= MAX_CHAIN) {
        const message = `correlations refer to one another more than ${MAX_CHAIN} deep`;
        problems.set(correlation, correlation.source.problem(name.at, message));
      } else {
        depth = Math.max(depth, visit(target) + 1);
        if (depth > MAX_CHAIN && !problems.has(correlation)) {
          const message = `correlations refer to one another more than ${MAX_CHAIN} deep`;
          problems.set(correlation, correlation.source.problem(name.at, message));
        }
      }
    }
    path.pop();
    depths.set(correlation, depth);
    order.push(correlation);
    return depth;
  };

  for (const correlation of correlations) visit(correlation);
  return { order, problems };
}
