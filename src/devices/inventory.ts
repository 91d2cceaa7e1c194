/**
 * The inventory: `inventory.yml` (schema `medtap/inventory@1`) as the user wrote it → `Inventory`, or a `UserError` with
 * every problem of the file at once, each with line, column and source line. Addresses, ranges and MAC addresses become
 * canonical text. Nothing is guessed here; what the traffic shows is `recognise.ts`.
 *
 * Limits: `MAX_INVENTORY_BYTES`, and those of `yaml-tree.ts`.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { z } from 'zod';
import { nearest, systemMessage, UserError } from '../errors.ts';
import { CRITICALITIES, type Inventory } from '../model/device.ts';
import { parseMac } from '../net/address.ts';
import { parseAddress, parseCidr } from '../net/cidr.ts';
import { quote } from '../yaml/source.ts';
import { checkInventory } from './inventory-checks.ts';
import { INVENTORY_SCHEMA, type InventoryFile, inventorySchema, keysAt } from './inventory-schema.ts';
import { DEFAULT_INTERNAL } from './scope.ts';
import { type Located, type ProblemList, readTree } from './yaml-tree.ts';

/** Larger files are refused. */
export const MAX_INVENTORY_BYTES = 4 << 20;

/**
 * Reads an inventory.
 * @param content the bytes of the file, when they have been read: of a pipe; one more than allowed is enough
 * @throws UserError with all problems of the file
 */
export function loadInventory(path: string, content?: Uint8Array): Inventory {
  return parseInventory(readText(path, content ?? readBytes(path)), path);
}

/**
 * The same for a text; `file` names it in messages.
 * @throws UserError with all problems of the text
 */
export function parseInventory(text: string, file: string): Inventory {
  const { root, problems } = readTree(file, text);
  checkVersion(root, problems);
  if (!problems.isEmpty) throw new UserError(problems.list());
  const result = inventorySchema.safeParse(root.value);
  if (!result.success) for (const issue of result.error.issues) report(issue, [], root, problems);
  checkInventory(root, problems);
  if (!result.success || !problems.isEmpty) throw new UserError(problems.list());
  return toInventory(result.data, file);
}

function readText(path: string, bytes: Uint8Array): string {
  if (bytes.length > MAX_INVENTORY_BYTES) {
    const message = `the inventory is larger than ${MAX_INVENTORY_BYTES >> 20} MiB`;
    throw new UserError([{ file: path, message }]);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UserError([{ file: path, message: 'the inventory is not UTF-8 text' }]);
  }
}

/** At most one byte more than allowed, so that a pipe or device without end is refused too. */
function readBytes(path: string): Uint8Array {
  const refuse = (message: string): never => {
    throw new UserError([{ file: path, message }]);
  };
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    if (fstatSync(file).isDirectory()) return refuse('the inventory is a directory, not a file');
    const buffer = new Uint8Array(MAX_INVENTORY_BYTES + 1);
    let length = 0;
    for (;;) {
      const read = readSync(file, buffer, length, buffer.length - length, null);
      length += read;
      if (read === 0 || length > MAX_INVENTORY_BYTES) return buffer.subarray(0, length);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return refuse(
      code === 'ENOENT'
        ? 'the inventory does not exist'
        : `the inventory cannot be read: ${systemMessage(error)}`,
    );
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** A file for another version is not judged by the rules of this one. */
function checkVersion(root: Located, problems: ProblemList): void {
  const begin = `begin the file with: schema: ${INVENTORY_SCHEMA}`;
  if (root.children.size === 0 || Array.isArray(root.value)) {
    problems.add(root.at, 'an inventory is a map of keys and values', begin);
    return;
  }
  const schema = root.children.get('schema');
  if (schema === undefined || schema.value === null) problems.add(root.at, 'the schema is missing', begin);
  else if (schema.value !== INVENTORY_SCHEMA) {
    const versioned = typeof schema.value === 'string' && schema.value.startsWith('medtap/inventory@');
    const message = versioned
      ? 'is a version this medtap does not read'
      : 'is not the schema of an inventory';
    problems.add(schema.at, `${quote(String(schema.value))} ${message}`, `it reads ${INVENTORY_SCHEMA}`);
  }
}

type Issue = z.core.$ZodIssue;

/** One issue of the shape as a problem at the value it is about. */
function report(issue: Issue, base: readonly PropertyKey[], root: Located, problems: ProblemList): void {
  const path = [...base, ...issue.path];
  const { node, depth } = find(root, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      for (const key of issue.keys) {
        const known = keysAt(path) ?? [];
        const near = nearest(key, known);
        const hint = near === undefined ? `known keys: ${known.join(', ')}` : `did you mean ${near}?`;
        problems.add(node.children.get(key)?.keyAt ?? node.at, `unknown key ${quote(key)}`, hint);
      }
      return;
    case 'invalid_union': {
      // A value or a list of values: the branch that was meant is the one of its kind.
      const branch = issue.errors[Array.isArray(node.value) ? 1 : 0] ?? [];
      for (const inner of branch) report(inner, path, root, problems);
      return;
    }
    case 'invalid_type': {
      const name = keyName(path);
      if (depth < path.length || node.value === null) problems.add(node.keyAt, `${name} is missing`);
      else
        problems.add(
          node.at,
          `${name} must be ${kindName(issue.expected)}`,
          quotesHint(issue.expected, node),
        );
      return;
    }
    case 'invalid_value': {
      const near = typeof node.value === 'string' ? nearest(node.value, CRITICALITIES) : undefined;
      const values = issue.values.map(String).join(', ');
      const hint = near === undefined ? undefined : `did you mean ${near}?`;
      problems.add(node.at, `${keyName(path)} must be one of ${values}`, hint);
      return;
    }
    case 'invalid_key':
      problems.add(node.keyAt, issue.issues[0]?.message ?? issue.message);
      return;
    case 'custom': {
      const hint: unknown = issue.params?.['hint'];
      // Messages about a value alone begin with a verb.
      const message = issue.message.startsWith('must ') ? `${keyName(path)} ${issue.message}` : issue.message;
      problems.add(node.at, message, typeof hint === 'string' ? hint : undefined);
      return;
    }
    default:
      problems.add(node.at, `${keyName(path)}: ${issue.message}`);
  }
}

/** The node at a path, or the last one before it ends; `depth` is how far it goes. */
function find(root: Located, path: readonly PropertyKey[]): { node: Located; depth: number } {
  let node = root;
  let depth = 0;
  for (; depth < path.length; depth++) {
    const child = node.children.get(path[depth] as string | number);
    if (child === undefined) break;
    node = child;
  }
  return { node, depth };
}

function keyName(path: readonly PropertyKey[]): string {
  const last = path.at(-1);
  if (typeof last === 'number') return `an element of ${String(path.at(-2) ?? 'the list')}`;
  return last === undefined ? 'the inventory' : String(last);
}

function kindName(expected: string): string {
  switch (expected) {
    case 'string':
      return 'text';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'true or false';
    case 'array':
      return 'a list';
    default:
      return 'a map';
  }
}

function quotesHint(expected: string, node: Located): string | undefined {
  return expected === 'string' && typeof node.value !== 'object' ? 'put it in quotes' : undefined;
}

function toInventory(file: InventoryFile, path: string): Inventory {
  return {
    file: path,
    site: file.site,
    timezone: file.timezone ?? 'UTC',
    internal: file.internal === undefined ? DEFAULT_INTERNAL : many(file.internal).map(canonicalRange),
    resolvers: many(file.resolvers).map(canonicalAddress),
    zones: (file.zones ?? []).map(zone => ({
      name: zone.name,
      cidr: many(zone.cidr).map(canonicalRange),
      vlan: many(zone.vlan),
      medical: zone.medical ?? false,
    })),
    lists: new Map(Object.entries(file.lists ?? {}).map(([name, values]) => [name, many(values)])),
    devices: (file.devices ?? []).map(device => ({
      name: device.name,
      type: device.type,
      ip: many(device.ip).map(canonicalAddress),
      mac: many(device.mac).map(mac => parseMac(mac) ?? mac),
      criticality: device.criticality,
      vendor: device.vendor,
    })),
  };
}

function many<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as T];
}

function canonicalRange(range: string): string {
  return parseCidr(range)?.text ?? range;
}

function canonicalAddress(address: string): string {
  return parseAddress(address) ?? address;
}
