import { describe, expect, it } from 'vitest';
import { hideSecrets } from '../../src/protocols/secret-text.ts';
import { expectLinear } from '../support/decoder-laws.ts';

describe('hideSecrets', () => {
  it.each([
    ['login failed for bob password=CANARY', 'login failed for bob password=<secret>'],
    ['user=bob password: "CAN ARY" from 10.0.0.1', 'user=bob password: <secret> from 10.0.0.1'],
    ["pwd='CANARY', next", 'pwd=<secret>, next'],
    ['{"user":"bob","password":"CANARY"}', '{"user":"bob","password":<secret>}'],
    ['token: CANARY.x-1; done', 'token: <secret>; done'],
    ['Authorization: Basic Q0FOQVJZ', 'Authorization: Basic <secret>'],
    ['got bearer Q0FOQVJZ.x', 'got bearer <secret>'],
    ['connect mysql://root:CANARY@db/x', 'connect mysql://root:<secret>@db/x'],
    ['COMMAND=/usr/bin/mysql -u root -pCANARY ward', 'COMMAND=/usr/bin/mysql -u root -p<secret> ward'],
    ['sshpass -p CANARY ssh x', 'sshpass -p <secret> ssh x'],
    ['Kennwort=CANARY', 'Kennwort=<secret>'],
  ])('%s', (text, hidden) => expect(hideSecrets(text)).toBe(hidden));

  it.each([
    'Failed password for nurse from 10.0.0.1 port 22 ssh2',
    'GET http://server/index.html 200',
    'link up, 1000 Mbps, basic rate',
    'a pass over the key frames',
    'ls -p /tmp',
  ])('leaves alone: %s', text => expect(hideSecrets(text)).toBe(text));

  it.each(['password ', 'x://', 'mysql -p ', 'basic  ', 'pass="'])(
    'takes linear time for "%s" again and again',
    unit => {
      expectLinear(n => {
        hideSecrets(unit.repeat(n / unit.length));
      }, 1 << 13);
    },
  );
});
