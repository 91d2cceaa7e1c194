/**
 * Which manufacturer a MAC address was assigned to, by the longest registered prefix (IEEE MA-S of 36 bits, MA-M of 28,
 * MA-L of 24; IEEE 802-2014 section 8.2). The tables hold medical manufacturers, the makers of the serial and radio modules
 * that stand in front of older devices, and makers of general equipment; every other manufacturer is undefined.
 *
 * It is a hint, never an identity: many devices carry a network card of Dell, Intel or Advantech, a manufacturer's
 * office printers carry its prefix too, and anyone can set a MAC address. Addresses with the locally administered or
 * the group bit belong to no manufacturer; no prefix of the table has them.
 */
import { GENERAL_OUI_ROWS } from './oui-general.ts';
import { OUI_ROWS } from './oui-table.ts';

/** Who a prefix is registered to. */
export interface OuiVendor {
  /** Short name as shown. */
  readonly vendor: string;
  /** What the manufacturer makes: `infusion`, `monitor/imaging`, `serial module`, `computer` … */
  readonly category: string;
}

/** Hex digits of the three registries' prefixes, longest first. */
const PREFIX_DIGITS = [9, 7, 6] as const;

const vendors: ReadonlyMap<string, OuiVendor> = readTable();

function readTable(): Map<string, OuiVendor> {
  const table = new Map<string, OuiVendor>();
  for (const row of OUI_ROWS) {
    const [vendor = '', category = '', prefixes = ''] = row.split('|');
    const entry = { vendor, category };
    for (const prefix of prefixes.split(' ')) table.set(prefix.toLowerCase(), entry);
  }
  return table;
}

const GENERAL_DIGITS = 6;

/** Made when first asked for: only runs that name devices need it. */
let general: Map<string, OuiVendor> | undefined;

function readGeneral(): Map<string, OuiVendor> {
  const table = new Map<string, OuiVendor>();
  for (const row of GENERAL_OUI_ROWS) {
    const [vendor = '', category = '', prefixes = ''] = row.split('|');
    const entry = { vendor, category };
    for (let at = 0; at < prefixes.length; at += GENERAL_DIGITS)
      table.set(prefixes.slice(at, at + GENERAL_DIGITS).toLowerCase(), entry);
  }
  return table;
}

/**
 * The manufacturer of a MAC address.
 * @param mac canonical text, `aa:bb:cc:dd:ee:ff`
 * @returns undefined for other manufacturers, and for group and locally administered addresses
 */
export function lookupOui(mac: string): OuiVendor | undefined {
  const digits = mac.replaceAll(':', '');
  for (const length of PREFIX_DIGITS) {
    const found = vendors.get(digits.slice(0, length));
    if (found !== undefined) return found;
  }
  general ??= readGeneral();
  return general.get(digits.slice(0, GENERAL_DIGITS));
}
