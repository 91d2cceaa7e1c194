import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tokenText } from '../../src/model/batch.ts';
import type { Token } from '../../src/model/schema.ts';
import { TokenTable } from '../../src/pipeline/tokens.ts';
import { toBytes } from '../support/frames.ts';

const table = () => new TokenTable(false);
const digest = (tokens: TokenTable, value: string | Uint8Array, kind = 'mrn') =>
  tokens.token(kind, value).digest;

/** A table that has seen identifiers of some kinds. */
function protecting(...values: readonly (readonly [kind: string, value: string])[]): TokenTable {
  const tokens = table();
  for (const [kind, value] of values) tokens.token(kind, value);
  return tokens;
}

describe('tokens', () => {
  it('equal values have equal tokens, others have others', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const tokens = table();
        const same = a.trim().toLowerCase() === b.trim().toLowerCase();
        if (same && a === b) expect(digest(tokens, a)).toBe(digest(tokens, b));
        if (!same) expect(digest(tokens, a)).not.toBe(digest(tokens, b));
      }),
    );
  });

  it('case of ASCII letters and surrounding blanks do not count', () => {
    const tokens = table();
    expect(digest(tokens, '  MRN-7\r\n')).toBe(digest(tokens, 'mrn-7'));
    expect(digest(tokens, 'MRN 7')).not.toBe(digest(tokens, 'MRN7'));
    expect(digest(tokens, 'Ä')).not.toBe(digest(tokens, 'ä'));
  });

  it('text and its UTF-8 bytes are one value; the bytes given stay as they are', () => {
    const tokens = table();
    const bytes = toBytes('  ABC ');
    expect(digest(tokens, bytes)).toBe(digest(tokens, 'abc'));
    expect(Buffer.from(bytes).toString()).toBe('  ABC ');
  });

  it('a token is no hash of the value alone: each run has its own key', () => {
    expect(digest(table(), 'value')).not.toBe(digest(table(), 'value'));
    expect(digest(table(), 'value')).toMatch(/^[0-9a-f]{32}$/);
  });

  it('ordinals follow the order of records, per kind', () => {
    const tokens = table();
    const [a, b, user] = [tokens.token('mrn', 'a'), tokens.token('mrn', 'b'), tokens.token('user', 'a')].map(
      token => tokenText(token),
    ) as [string, string, string];
    for (const stored of [b, user, b, a]) tokens.number(stored);
    expect([a, b, user].map(stored => tokens.show(stored))).toEqual(['mrn#2', 'mrn#1', 'user#1']);
  });

  it('a token without an ordinal shows its kind, never its digest', () => {
    expect(table().show('mrn:0123')).toBe('mrn');
  });
});

describe('a name within a longer word', () => {
  const tokens = protecting(['patient_name', 'CANARYLAST^Amélie^Jo'], ['user', 'backup'], ['mrn', 'MRN7731']);

  it.each([
    ['CANARYLASTs-iphone', '<patient_name>s-iphone'],
    ['canarylasts-iphone.local', '<patient_name>s-iphone.local'],
    ['iphonecanarylast', 'iphone<patient_name>'],
    ['scan_CANARYLAST2.dcm', 'scan_<patient_name>2.dcm'],
    ['Améliesphone', '<patient_name>sphone'],
    // Short names, user names and numbers are found as words only.
    ['jos-iphone', 'jos-iphone'],
    ['backups.example', 'backups.example'],
    ['xMRN7731', 'xMRN7731'],
    // Sentences are not names of devices.
    ['the canarylasts were here', 'the canarylasts were here'],
    ['middlecanarylastmiddle', 'middlecanarylastmiddle'],
  ])('%s → %s', (text, masked) => expect(tokens.mask(text)).toBe(masked));
});

describe('masking', () => {
  const tokens = protecting(
    ['mrn', 'MRN-CANARY-7731'],
    ['patient_name', 'CANARY^ALICE^^^Mrs'],
    ['accession', 'ACC7731'],
    ['user', 'dr.who'],
    ['ssn', '078-05-1120'],
  );

  it.each([
    ['a word', 'MRN-CANARY-7731', '<mrn>'],
    ['a word among words', 'see MRN-CANARY-7731 please', 'see <mrn> please'],
    ['another case', 'mrn-canary-7731', '<mrn>'],
    ['a file name', 'MRN-CANARY-7731.csv', '<mrn>.csv'],
    ['a path', '/export/2024/MRN-CANARY-7731.csv.gz', '/export/2024/<mrn>.csv.gz'],
    ['a Windows path', 'C:\\export\\MRN-CANARY-7731.csv', 'C:\\export\\<mrn>.csv'],
    ['behind a prefix', 'report-MRN-CANARY-7731_v2', 'report-<mrn>_v2'],
    ['a query', '/q?id=ACC7731&x=1;y=ACC7731', '/q?id=<accession>&x=1;y=<accession>'],
    ['a host name', 'acc7731.pacs.example', '<accession>.pacs.example'],
    ['a value with joints of its own', 'dr.who', '<user>'],
    ['part of a longer name', 'dr.who.example', '<user>.example'],
    ['a family name', 'http://h/canary', 'http://h/<patient_name>'],
    ['both names', 'ALICE_CANARY.dcm', '<patient_name>_<patient_name>.dcm'],
    ['escaped letters', '%41CC7731', '<accession>'],
    ['an escaped separator', 'CANARY%5EALICE', '<patient_name>%5E<patient_name>'],
    ['an escaped blank', 'x%20ACC7731%20y', 'x%20<accession>%20y'],
    ['quotes and brackets', '("ACC7731")', '("<accession>")'],
    ['two of one kind', 'ACC7731 ACC7731', '<accession> <accession>'],
  ])('masks %s', (_, text, masked) => {
    expect(tokens.mask(text)).toBe(masked);
  });

  it.each([
    ['part of a word', 'XACC7731', 'ACC77310', 'xMRNCANARY7731'],
    ['other words', 'index.html', '/api/v2/patients?id=5'],
    ['a title under four characters', 'Mrs Smith'],
    ['the empty text', ''],
    ['broken escapes', '%', '%4', '%zz%'],
  ])('leaves %s', (_, ...texts) => {
    for (const text of texts) expect(tokens.mask(text)).toBe(text);
  });

  it.each([
    ['without its separators', 'MRNCANARY7731', '<mrn>'],
    ['with others', 'mrn canary/7731', '<mrn>'],
  ])('sees an identifier %s', (_, text, masked) => {
    expect(tokens.mask(text)).toBe(masked);
  });

  it.each([
    ['address', '13 CANARY LANE', '/visit?at=13%20Canary%20Lane&x=1', '/visit?at=<address>&x=1'],
    ['phone', '(030) 555-0142', 'tel:030-555-0142', 'tel:<phone>'],
    ['mrn', '12345/26', '/p/12345/26/pdf', '/p/<mrn>/pdf'],
    ['patient_name', "O'BRIEN", "u=O'Brien", 'u=<patient_name>'],
    ['patient_name', 'MÜLLER^JÖRG', '/p/m%C3%BCller and JO\u0308RG', '/p/<patient_name> and <patient_name>'],
  ])('sees a %s through separators, case and accents', (kind, value, text, masked) => {
    expect(protecting([kind, value]).mask(text)).toBe(masked);
  });

  it('sees a name sent in Latin-1', () => {
    const latin = new TokenTable(false);
    latin.token('patient_name', Uint8Array.from([0x4d, 0xdc, 0x4c, 0x4c, 0x45, 0x52]));
    expect(latin.mask('/p/müller')).toBe('/p/<patient_name>');
  });

  it('names of test patients do not hide ordinary words', () => {
    const doubles = protecting(['patient_name', 'TEST^PATIENT']);
    expect(doubles.mask('test/patient.pcap')).toBe(
      '<patient_name>.pcap'.replace('<patient_name>', 'test/patient'),
    );
    expect(doubles.mask('/worklist/patient list')).toBe('/worklist/patient list');
  });

  it('values under four characters are not masked', () => {
    const short = protecting(['mrn', '123'], ['pin', 'abc'], ['patient_name', 'Li^Wu']);
    expect(short.mask('id=123 abc Li and Wu')).toBe('id=123 abc Li and Wu');
    expect(protecting(['mrn', '1234']).mask('id=1234')).toBe('id=<mrn>');
  });

  it('correlation identifiers are not masked: they name nobody', () => {
    const control = protecting(['control_id', 'MSG00001']);
    expect(control.mask('MSG00001')).toBe('MSG00001');
  });

  it('hides what a name announces, and nothing under --reveal', () => {
    expect(table().mask('ward/patient/CANARY/lastname=CANARY')).toBe('ward/patient/<mrn>/lastname=<person>');
    expect(new TokenTable(true).mask('lastname=CANARY')).toBe('lastname=CANARY');
  });

  it('says whether there is anything to mask', () => {
    expect([new TokenTable(true).masks, tokens.masks]).toEqual([false, true]);
  });

  it('never leaves an identifier that stands between separators', () => {
    const letters = fc.stringMatching(/^[a-z0-9]{4,12}$/);
    const separator = fc.constantFrom(
      '/',
      ' ',
      '?',
      '&',
      '=',
      ':',
      ',',
      '"',
      '\\',
      '@',
      '|',
      '(',
      ')',
      '.',
      '-',
      '_',
    );
    const piece = fc.stringMatching(/^[a-z]{0,6}$/);
    fc.assert(
      fc.property(letters, piece, separator, separator, piece, (value, before, left, right, after) => {
        const masked = protecting(['mrn', value]).mask(
          `${before}${left}${value.toUpperCase()}${right}${after}`,
        );
        const rest = masked.replaceAll('<mrn>', '\n').toLowerCase();
        expect(masked).toContain('<mrn>');
        expect(rest.split(/[^a-z0-9]+/)).not.toContain(value);
      }),
      { numRuns: 500 },
    );
  });

  it('work grows in proportion to the text', () => {
    const mask = (length: number) => {
      const text = 'ab-'.repeat(length / 3);
      const start = performance.now();
      tokens.mask(text);
      return performance.now() - start;
    };
    mask(30_000);
    const short = Math.min(...Array.from({ length: 5 }, () => mask(60_000)));
    const long = Math.min(...Array.from({ length: 5 }, () => mask(240_000)));
    expect(long).toBeLessThan(short * 12 + 5);
  });
});

describe('reveal', () => {
  it('shows values instead of ordinals, and masks nothing', () => {
    const tokens = new TokenTable(true);
    const shown = (token: Token) => tokens.show(tokenText(token));
    const name = tokens.token('patient_name', 'CANARY^ALICE');
    const bytes = tokens.token('mrn', toBytes('MRN-1'));
    tokens.number(tokenText(name));
    expect([shown(name), shown(bytes)]).toEqual(['CANARY^ALICE', 'MRN-1']);
    expect([tokens.masks, tokens.mask('ALICE')]).toEqual([false, 'ALICE']);
  });
});
