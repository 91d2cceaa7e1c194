/**
 * The JSON encoder of every output: valid JSON, and safe to print on a terminal, since control and invisible
 * characters that JSON itself would let pass (C1, bidirectional controls, zero-width) are escaped too.
 */

const INVISIBLE = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** `value` as JSON, indented by `indent` spaces (0: on one line). Undefined members are left out. */
export function jsonText(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replace(
    INVISIBLE,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
