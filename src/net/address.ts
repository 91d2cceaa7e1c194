/**
 * IP and MAC addresses as text. The hot path keeps addresses as four 32-bit words (IPv4 in the last one);
 * text is made here, once per flow. IPv6 text follows RFC 5952. Parsing of configuration is `cidr.ts`.
 */
import { u16be, u32be } from '../bytes/read.ts';

/**
 * The same few hosts talk again and again; their text is made once. Each has one place, and the next that comes there
 * takes it.
 */
const PLACES = 1 << 13;
const ipv4Words = new Uint32Array(PLACES);
const ipv4Texts: string[] = new Array(PLACES).fill('');
const macHighs = new Uint16Array(PLACES);
const macLows = new Uint32Array(PLACES);
const macTexts: string[] = new Array(PLACES).fill('');

function placeOf(word: number): number {
  return Math.imul(word, 0x9e3779b1) >>> 19;
}

/** Dotted decimal of an IPv4 address given as one 32-bit word. */
export function ipv4Text(word: number): string {
  const place = placeOf(word);
  if (ipv4Words[place] === word && ipv4Texts[place] !== '') return ipv4Texts[place]!;
  const text = `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
  ipv4Words[place] = word;
  ipv4Texts[place] = text;
  return text;
}

/** The word of dotted decimal text without needless zeros; -1 when it is none. */
export function ipv4Word(text: string): number {
  let word = 0;
  let part = -1;
  let parts = 0;
  for (let i = 0; i <= text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit >= 0 && digit <= 9) {
      if (part === 0) return -1;
      part = part < 0 ? digit : part * 10 + digit;
      if (part > 255) return -1;
    } else {
      if (part < 0 || ++parts > 4 || (i < text.length && digit !== -2)) return -1;
      word = word * 256 + part;
      part = -1;
    }
  }
  return parts === 4 ? word : -1;
}

/** RFC 5952 text of an IPv6 address given as four 32-bit words in network order. */
export function ipv6Text(w0: number, w1: number, w2: number, w3: number): string {
  const groups = [
    w0 >>> 16,
    w0 & 0xffff,
    w1 >>> 16,
    w1 & 0xffff,
    w2 >>> 16,
    w2 & 0xffff,
    w3 >>> 16,
    w3 & 0xffff,
  ];
  // RFC 5952 section 4.2: the longest run of two or more zero groups, the first when several are equal.
  let bestStart = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length++;
    if (length > bestLength) {
      bestStart = i;
      bestLength = length;
    }
    i += length;
  }
  const text = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map(group => group.toString(16))
      .join(':');
  if (bestStart < 0) return text(0, 8);
  // RFC 5952 section 5: IPv4-mapped addresses show the IPv4 part in dotted decimal.
  if (bestStart === 0 && bestLength === 5 && groups[5] === 0xffff) return `::ffff:${ipv4Text(w3 >>> 0)}`;
  return `${text(0, bestStart)}::${text(bestStart + bestLength, 8)}`;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** `aa:bb:cc:dd:ee:ff` of a MAC address given as its upper 16 and lower 32 bits. */
export function macText(high: number, low: number): string {
  const place = placeOf(low ^ high);
  if (macLows[place] === low && macHighs[place] === high && macTexts[place] !== '') return macTexts[place]!;
  const upper = `${HEX[high >>> 8]}:${HEX[high & 255]}:${HEX[low >>> 24]}`;
  const text = `${upper}:${HEX[(low >>> 16) & 255]}:${HEX[(low >>> 8) & 255]}:${HEX[low & 255]}`;
  macHighs[place] = high;
  macLows[place] = low;
  macTexts[place] = text;
  return text;
}

/** Text of the IPv4 address in four bytes. */
export function readIpv4(bytes: Uint8Array, at: number): string {
  return ipv4Text(u32be(bytes, at));
}

/** Text of the IPv6 address in sixteen bytes. */
export function readIpv6(bytes: Uint8Array, at: number): string {
  return ipv6Text(u32be(bytes, at), u32be(bytes, at + 4), u32be(bytes, at + 8), u32be(bytes, at + 12));
}

/** Text of the MAC address in six bytes. */
export function readMac(bytes: Uint8Array, at: number): string {
  return macText(u16be(bytes, at), u32be(bytes, at + 2));
}

/** Whether a text looks like an IPv4 or IPv6 address, without zone or port; whether it is one is not judged. */
export function isAddressText(text: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) || (text.includes(':') && /^[0-9a-f:.]+$/i.test(text));
}

/** The MAC address inside an EUI-64 that was made from one (IEEE: `ff:fe` in its middle); undefined for all others. */
export function macOfEui64(text: string): string | undefined {
  const digits = text.replace(/[:.-]/g, '').toLowerCase();
  return /^[0-9a-f]{6}fffe[0-9a-f]{6}$/.test(digits)
    ? parseMac(digits.slice(0, 6) + digits.slice(10))
    : undefined;
}

/** Canonical text of a MAC address written with `:`, `-`, `.` or no separator; undefined when it is none. */
export function parseMac(text: string): string | undefined {
  const digits = text.replace(/[:.-]/g, '').toLowerCase();
  return /^[0-9a-f]{12}$/.test(digits) ? (digits.match(/../g) as string[]).join(':') : undefined;
}
