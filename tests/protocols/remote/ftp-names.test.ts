import { describe, expect, it } from 'vitest';
import {
  fileUrl,
  joinPath,
  lastNumber,
  quotedPath,
  readExtendedPassive,
  readExtendedPort,
  readHostPort,
  readReply,
} from '../../../src/protocols/remote/ftp-names.ts';
import { expectLinear } from '../../support/decoder-laws.ts';

describe('FTP replies and addresses', () => {
  it.each([
    ['230 Logged in', { code: 230, more: false, text: 'Logged in' }],
    ['230-Logged', { code: 230, more: true, text: 'Logged' }],
    ['230', { code: 230, more: false, text: '' }],
    [' 230 indented', undefined],
    ['23x', undefined],
    ['999 no such class', undefined],
  ])('reads the reply %j', (line, reply) => {
    expect(readReply(line)).toEqual(reply);
  });

  it.each([
    ['Entering Passive Mode (10,0,0,2,100,85).', { host: '10.0.0.2', port: 25_685 }],
    ['127,0,0,1,4,1', { host: '127.0.0.1', port: 1025 }],
    ['1,2,3,4,5', undefined],
    ['1,2,3,4,5,256', undefined],
    ['1,2,3,4,5,6,7', undefined],
  ])('reads the address in %j', (text, endpoint) => {
    expect(readHostPort(text)).toEqual(endpoint);
  });

  it('reads extended addresses', () => {
    expect(readExtendedPort('|1|132.235.1.2|6275|')).toEqual({ host: '132.235.1.2', port: 6275 });
    expect(readExtendedPort('|2|1080:0:0:0:8:800:200C:417A|5282|')).toEqual({
      host: '1080::8:800:200c:417a',
      port: 5282,
    });
    expect(readExtendedPort('|2|nonsense|5282|')).toBeUndefined();
    expect(readExtendedPassive('Entering (|||6446|)')).toEqual({ host: undefined, port: 6446 });
    expect(readExtendedPassive('Entering (|||99999|)')).toBeUndefined();
  });
});

describe('FTP paths and sizes', () => {
  it.each([
    ['.', 'a', './a'],
    ['/', 'a', '/a'],
    ['/x/y', '../z//q', '/x/z/q'],
    ['/x', '/abs/./b', '/abs/b'],
    ['.', '../../a', './../../a'],
    ['/', '../..', '/'],
  ])('joins %s and %s', (directory, path, joinedPath) => {
    expect(joinPath(directory, path)).toBe(joinedPath);
  });

  it('writes the URL of a file as Zeek does', () => {
    expect(fileUrl('10.0.0.2', '.', 'robots.txt')).toBe('ftp://10.0.0.2/./robots.txt');
    expect(fileUrl('2001:db8::1', '/pub', 'a')).toBe('ftp://[2001:db8::1]/pub/a');
  });

  it('reads quoted paths and sizes', () => {
    expect(quotedPath('"/a ""b""" is current')).toBe('/a "b"');
    expect(quotedPath('nothing')).toBeUndefined();
    expect(lastNumber("Opening for '7.bin' (1048576 bytes)")).toBe(1_048_576);
    expect(lastNumber('none')).toBeUndefined();
  });

  it('takes linear time', () => {
    expectLinear(n => joinPath('/', 'a/../'.repeat(n)), 2000);
    expectLinear(n => lastNumber('1 '.repeat(n)), 2000);
    expectLinear(n => readHostPort('1,'.repeat(n)), 2000);
    expectLinear(n => readExtendedPassive('(|'.repeat(n)), 2000);
  });
});
