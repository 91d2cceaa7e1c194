import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { magicType } from '../../../src/protocols/files/magic.ts';
import { textType } from '../../../src/protocols/files/text-type.ts';
import { bytesOf, fromHex } from '../../support/fake-flow.ts';
import { concat } from '../../support/frames.ts';

/** A ZIP member as `zip` writes it. */
function member(name: string, content = 'x', stored = false): Uint8Array {
  const data = stored ? bytesOf(content) : new Uint8Array(deflateRawSync(content));
  const header = new DataView(new ArrayBuffer(30));
  header.setUint32(0, 0x504b0304);
  header.setUint16(8, stored ? 0 : 8, true);
  header.setUint32(18, data.length, true);
  header.setUint32(22, content.length, true);
  header.setUint16(26, name.length, true);
  return concat(new Uint8Array(header.buffer), bytesOf(name), data);
}

/** Bytes at an offset within zeros. */
function at(offset: number, digits: string, length = 512): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(fromHex(digits), offset);
  return bytes;
}

const elf = (type: string) => at(0, `7f454c46 02010100 0000000000000000 ${type}`);
const office = 'application/vnd.openxmlformats-officedocument';

describe('types by magic', () => {
  it.each<[string, Uint8Array]>([
    ['application/x-dosexec', at(0, '4d5a90000300000004000000ffff0000b8')],
    ['application/x-executable', elf('0200')],
    ['application/x-sharedlib', elf('0300')],
    ['application/x-mach-o-executable', at(0, 'cffaedfe')],
    ['application/x-mach-o-executable', at(0, 'cafebabe00000002')],
    ['application/x-java-applet', at(0, 'cafebabe00000034')],
    ['application/x-dex', at(0, '6465780a30333500')],
    ['application/zip', member('readme.txt')],
    ['application/java-archive', concat(member('a/'), member('META-INF/MANIFEST.MF'))],
    ['application/vnd.android.package-archive', concat(member('AndroidManifest.xml'))],
    [
      `${office}.wordprocessingml.document`,
      concat(member('[Content_Types].xml'), member('word/document.xml')),
    ],
    [`${office}.spreadsheetml.sheet`, concat(member('[Content_Types].xml'), member('xl/workbook.xml'))],
    [
      'application/vnd.oasis.opendocument.text',
      member('mimetype', 'application/vnd.oasis.opendocument.text', true),
    ],
    ['application/x-gzip', at(0, '1f8b0800')],
    ['application/x-xz', at(0, 'fd377a585a00')],
    ['application/x-7z-compressed', at(0, '377abcaf271c')],
    ['application/x-rar', at(0, '526172211a0700')],
    ['application/x-tar', at(257, '7573746172')],
    ['application/vnd.ms-cab-compressed', at(0, '4d53434600000000')],
    ['application/x-uimage', at(0, '27051956')],
    ['application/x-fit-image', at(0, 'd00dfeed')],
    ['application/x-squashfs', at(0, '68737173')],
    ['application/x-trx', at(0, '48445230')],
    ['application/x-ubi', at(0, '55424923')],
    ['application/pdf', bytesOf('%PDF-1.7\n')],
    ['application/msword', at(0, 'd0cf11e0a1b11ae1')],
    ['image/jpeg', at(0, 'ffd8ffe0')],
    ['image/png', at(0, '89504e470d0a1a0a')],
    ['image/gif', bytesOf('GIF89a')],
    ['video/mp4', bytesOf('\0\0\0\x20ftypisom')],
    ['application/dicom', at(128, '4449434d0200')],
    ['application/pkix-cert', at(0, '308203f0308202d8a003020102')],
  ])('%s', (type, head) => {
    expect(magicType(head)).toBe(type);
  });

  it('knows an installer by the class of its root entry', () => {
    const head = at(0, 'd0cf11e0a1b11ae1', 4096);
    head.set(fromHex('0900'), 30);
    head.set(fromHex('01000000'), 48);
    head.set(fromHex('84100c0000000000c000000000000046'), 2 * 512 + 80);
    expect(magicType(head)).toBe('application/x-msi');
  });

  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['zeros', new Uint8Array(600)],
    [
      'text that begins like a program',
      bytesOf('MZ is how programs of an old system begin, as everybody knows'),
    ],
    ['half a signature', fromHex('89504e47')],
  ])('has none for %s', (_what, head) => {
    expect(magicType(head)).toBeUndefined();
  });

  it('survives every truncation and lengths that lie', () => {
    const whole = concat(member('mimetype', 'application/epub+zip', true), member('META-INF/x'));
    for (let length = 0; length <= whole.length; length++) magicType(whole.subarray(0, length));
    const lying = member('a').fill(0xff, 18, 30);
    expect(magicType(lying)).toBe('application/zip');
  });
});

describe('types of text', () => {
  it.each<[string, string]>([
    ['text/html', '\n<!DOCTYPE html><p>'],
    ['text/html', '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "x">'],
    ['application/xml', '<?xml version="1.0"?><a/>'],
    ['image/svg+xml', '<?xml version="1.0"?><svg xmlns="x">'],
    ['text/json', '\xef\xbb\xbf{ "a": [1] }'],
    ['text/json', '[1, 2]'],
    ['text/x-shellscript', '#!/bin/sh\nrm -rf /tmp/x\n'],
    ['text/x-python', '#!/usr/bin/env python3\nprint(1)\n'],
    ['text/x-php', '<?php echo 1;'],
    ['text/x-diff', 'diff --git a/x b/x\n'],
    ['application/javascript', '/* a */\n(function(){})()'],
    ['application/x-x509-ca-cert', '-----BEGIN CERTIFICATE-----\n'],
    ['application/x-intel-hex', ':10010000214601360121470136007EFE09D2190140\r\n:00000001FF\r\n'],
    ['application/x-s-record', 'S00F000068656C6C6F202020202000003C\r\nS1'],
    ['x-application/hl7-v2+er7', 'MSH|^~\\&|LAB|H\rPID|'],
    ['text/plain', 'just some words'],
    ['text/plain', '\xff\xfew\0i\0d\0e\0 \0w\0o\0r\0d\0s\0.\0'],
  ])('%s', (type, content) => {
    expect(textType(bytesOf(content))).toBe(type);
  });

  it.each(['too short', '', 'caf\xe9 au lait, merci', '\0\0\0\0\0\0\0\0\0\0\0\0'])(
    'has none for %j',
    content => {
      expect(textType(bytesOf(content))).toBeUndefined();
    },
  );

  it('takes time in proportion to a hostile beginning', () => {
    const started = process.cpuUsage();
    for (const unit of ['<?xml ', '{"', '/* ', '--- a\n', ' \n', '//\n', '<!'])
      textType(bytesOf(unit.repeat(4096 / unit.length)));
    expect(process.cpuUsage(started).user).toBeLessThan(500_000);
  });
});
