/**
 * XML documents that arrive in pieces (XML 1.0), as events: elements begin with their attributes, hold text, and end.
 * Comments, processing instructions and declarations are passed over, CDATA is text. Prefixes of names are left out.
 * Entities that a document declares are never resolved; the five of XML and numbers of characters are. Every byte is looked
 * at once; nothing is checked for being well formed.
 *
 * Limits: `MAX_DEPTH` elements inside of another, below which nothing is reported; `MAX_TAG` bytes of a tag, `MAX_TEXT` of
 * text between two tags; what is beyond is passed over.
 */
import { indexOf, startsWith } from '../bytes/read.ts';
import { utf8OrLatin1 } from '../bytes/text.ts';

const MAX_DEPTH = 64;
const MAX_TAG = 4096;
const MAX_TEXT = 1024;

const LESS = 0x3c;
const GREATER = 0x3e;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const SLASH = 0x2f;
const BANG = 0x21;
const QUESTION = 0x3f;
const BRACKET = 0x5b;
const END_BRACKET = 0x5d;
const DASH = 0x2d;

/** Takes the events of a document. */
export interface XmlHandler {
  /** An element begins. `attribute` reads one by its local name, entities resolved. */
  enter(name: string, attribute: (name: string) => string | undefined): void;
  /** The element that began last and has not ended ends; `text` is what stood in it before its end or its last child. */
  leave(name: string, text: string): void;
}

/** What can stand behind `<`. */
type Markup = 'tag' | 'comment' | 'cdata' | 'instruction' | 'declaration';

export class XmlEvents {
  readonly #handler: XmlHandler;
  readonly #kept = new Uint8Array(MAX_TAG);
  #length = 0;
  #state: 'text' | 'begin' | Markup = 'text';
  #quote = 0;
  /** Brackets open in a declaration: it may hold others. */
  #brackets = 0;
  /** Last two bytes of a comment, CDATA or instruction, which say where it ends. */
  #last = 0;
  #before = 0;
  #names: string[] = [];
  #below = 0;
  #text = '';

  constructor(handler: XmlHandler) {
    this.#handler = handler;
  }

  feed(bytes: Uint8Array, from: number, to: number): void {
    for (let at = from; at < to; ) {
      if (this.#state === 'text') at = this.#takeText(bytes, at, to);
      else if (this.#state === 'begin') at = this.#begin(bytes, at);
      else if (this.#state === 'tag') at = this.#takeTag(bytes, at, to);
      else if (this.#state === 'declaration') at = this.#passDeclaration(bytes, at, to);
      else at = this.#takeMarkup(bytes, at, to);
    }
  }

  #takeText(bytes: Uint8Array, from: number, to: number): number {
    const less = indexOf(bytes, LESS, from, to);
    const end = less < 0 ? to : less;
    this.#keep(bytes, from, end, MAX_TEXT);
    if (less < 0) return to;
    this.#flushText();
    this.#state = 'begin';
    return less + 1;
  }

  #flushText(): void {
    if (this.#length > 0 && this.#text.length < MAX_TEXT) {
      const text = utf8OrLatin1(this.#kept.subarray(0, this.#length));
      if (text.trim() !== '') this.#text += resolved(text);
    }
    this.#length = 0;
  }

  /** The bytes behind `<` tell what this is: `<!--`, `<![CDATA[`, `<!DOCTYPE`, `<?`, or a tag. */
  #begin(bytes: Uint8Array, at: number): number {
    const byte = bytes[at]!;
    if (this.#length === 0 && byte !== BANG) {
      this.#enterMarkup(byte === QUESTION ? 'instruction' : 'tag');
      return at;
    }
    this.#kept[this.#length++] = byte;
    const length = this.#length;
    const mayBe = (mark: string): boolean => startsWith(this.#kept, 0, length, mark.slice(0, length));
    if (mayBe(COMMENT)) {
      if (length === COMMENT.length) this.#enterMarkup('comment');
    } else if (mayBe(CDATA)) {
      if (length === CDATA.length) this.#enterMarkup('cdata');
    } else {
      this.#enterMarkup('declaration');
      // What was taken holds nothing that counts there, but perhaps this byte.
      return at;
    }
    return at + 1;
  }

  #takeTag(bytes: Uint8Array, from: number, to: number): number {
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!;
      if (this.#quote !== 0) {
        if (byte === this.#quote) this.#quote = 0;
      } else if (byte === GREATER) {
        this.#keep(bytes, from, at, MAX_TAG);
        this.#state = 'text';
        this.#endTag();
        this.#length = 0;
        return at + 1;
      } else if (byte === QUOTE || byte === APOSTROPHE) this.#quote = byte;
    }
    this.#keep(bytes, from, to, MAX_TAG);
    return to;
  }

  #enterMarkup(state: Markup): void {
    this.#state = state;
    this.#length = 0;
    this.#quote = 0;
    this.#brackets = 0;
    this.#last = 0;
    this.#before = 0;
  }

  /** Comments end with `-->`, CDATA with `]]>`, instructions with `?>`. */
  #takeMarkup(bytes: Uint8Array, from: number, to: number): number {
    const isText = this.#state === 'cdata';
    const mark = isText ? END_BRACKET : this.#state === 'comment' ? DASH : QUESTION;
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!;
      if (byte === GREATER && this.#last === mark && (mark === QUESTION || this.#before === mark)) {
        if (isText) {
          this.#keep(bytes, from, at, MAX_TEXT);
          this.#length = Math.max(0, this.#length - 2);
          const text = utf8OrLatin1(this.#kept.subarray(0, this.#length));
          if (this.#text.length < MAX_TEXT) this.#text += text;
        }
        this.#length = 0;
        this.#state = 'text';
        return at + 1;
      }
      this.#before = this.#last;
      this.#last = byte;
    }
    if (isText) this.#keep(bytes, from, to, MAX_TEXT);
    return to;
  }

  #passDeclaration(bytes: Uint8Array, from: number, to: number): number {
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!;
      if (this.#quote !== 0) {
        if (byte === this.#quote) this.#quote = 0;
      } else if (byte === QUOTE || byte === APOSTROPHE) this.#quote = byte;
      else if (byte === BRACKET) this.#brackets++;
      else if (byte === END_BRACKET) this.#brackets--;
      else if (byte === GREATER && this.#brackets <= 0) {
        this.#state = 'text';
        return at + 1;
      }
    }
    return to;
  }

  #endTag(): void {
    const kept = this.#kept;
    const length = this.#length;
    if (length === 0) return;
    if (kept[0] === SLASH) {
      this.#leave();
      return;
    }
    const isEmpty = kept[length - 1] === SLASH;
    const tag = utf8OrLatin1(kept.subarray(0, isEmpty ? length - 1 : length));
    this.#text = '';
    if (this.#below > 0 || this.#names.length === MAX_DEPTH) {
      if (!isEmpty) this.#below++;
      return;
    }
    const name = localName(tag);
    this.#names.push(name);
    this.#handler.enter(name, wanted => attributeOf(tag, wanted));
    if (isEmpty) this.#leave();
  }

  /** End tags close what is open, whatever their names. */
  #leave(): void {
    if (this.#below > 0) this.#below--;
    else {
      const name = this.#names.pop();
      if (name !== undefined) this.#handler.leave(name, this.#text);
    }
    this.#text = '';
  }

  #keep(bytes: Uint8Array, from: number, to: number, limit: number): void {
    const taken = Math.min(to - from, limit - this.#length);
    if (taken <= 0) return;
    this.#kept.set(bytes.subarray(from, from + taken), this.#length);
    this.#length += taken;
  }
}

const COMMENT = '!--';
const CDATA = '![CDATA[';

/** Name of an element without its prefix. */
function localName(tag: string): string {
  return /^(?:[^\s:/=]{1,64}:)?([^\s:/=]{1,64})/.exec(tag)?.[1] ?? '';
}

const ATTRIBUTE = /\s(?:[^\s=:"']{1,64}:)?([^\s=:"']{1,64})\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

/** The value of an attribute by its local name. */
function attributeOf(tag: string, name: string): string | undefined {
  if (!tag.includes(name)) return undefined;
  for (const [, key, double, single] of tag.matchAll(ATTRIBUTE))
    if (key === name) return resolved(double ?? single ?? '');
  return undefined;
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Text with the entities of XML and references to characters resolved. */
function resolved(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,4}));/gi,
    (whole, decimal, hexadecimal, name) => {
      if (name !== undefined) return NAMED[name.toLowerCase()] ?? whole;
      const code = decimal === undefined ? Number.parseInt(hexadecimal, 16) : Number(decimal);
      return code > 0 && code <= 0x10_ffff ? String.fromCodePoint(code) : whole;
    },
  );
}
