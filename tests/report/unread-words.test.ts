import { expect, it } from 'vitest';
import { InputError, systemMessage } from '../../src/errors.ts';
import { unreadable } from '../../src/pipeline/capture-facts.ts';
import { unreadReasons } from '../../src/report/unread-words.ts';

it.each([
  ['ENOENT', 'the name is wrong'],
  ['ENOTDIR', 'the name is wrong'],
  ['EACCES', 'may not read the file'],
  ['EPERM', 'may not read the file'],
  ['EIO', 'the system could not read it'],
])('%s of the system: %s', (code, likely) => {
  const message = systemMessage(Object.assign(new Error(code), { code }));
  const capture = unreadable('ward.pcap', new InputError('ward.pcap', message));
  expect(unreadReasons([capture])?.likely).toContain(likely);
});
