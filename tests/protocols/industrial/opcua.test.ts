import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { opcua } from '../../../src/protocols/industrial/opcua.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
import { bytesOf, fromHex, play, recordsOf, type Step, shownText } from '../../support/fake-flow.ts';

const le32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer).toString('hex');
const text = (value: string) => le32(value.length) + Buffer.from(value).toString('hex');
const NULL = 'ffffffff';

function message(type: string, body: string): Uint8Array {
  const bytes = fromHex(body);
  return Uint8Array.from([...bytesOf(`${type}F`), ...fromHex(le32(bytes.length + 8)), ...bytes]);
}

const node = (id: number) => `0100${Buffer.from(Uint16Array.of(id).buffer).toString('hex')}`;
/** Anonymous authentication token, time, handle, diagnostics, audit id, timeout, no additional header. */
const HEADER = `0000 ${'00'.repeat(8)} ${le32(1)} ${le32(0)} ${NULL} ${le32(1000)} 0000 00`;
const call = (request: number, id: number, rest = '') =>
  message('MSG', `${le32(1)}${le32(1)}${le32(9)}${le32(request)} ${node(id)} ${HEADER} ${rest}`);
const answer = (request: number, id: number, status: number) =>
  message(
    'MSG',
    `${le32(1)}${le32(1)}${le32(9)}${le32(request)} ${node(id)} ${'00'.repeat(8)} ${le32(1)} ${le32(status)}`,
  );
const openChannel = (policy: string) =>
  message(
    'OPN',
    `${le32(0)} ${text(`http://opcfoundation.org/UA/SecurityPolicy#${policy}`)} ${NULL} ${NULL} ${le32(1)}${le32(1)} ${node(446)} ${HEADER} ${le32(0)} ${le32(0)} ${le32(1)}`,
  );
/** ActivateSession: no signature, certificates or languages, then the token. */
const activate = (token: string) => call(5, 467, `${NULL}${NULL} ${NULL} ${NULL} ${token}`);
const userName = (algorithm: string) => {
  const body = fromHex(`${text('policy')} ${text('nurse')} ${text('SECRETPW')} ${algorithm}`);
  return `${node(324)} 01 ${le32(body.length)} ${Buffer.from(body).toString('hex')}`;
};

const HELLO = message('HEL', `${le32(0).repeat(5)} ${text('opc.tcp://plc:4840')}`);
const SESSION: readonly Step[] = [
  [ORIG, HELLO],
  [RESP, message('ACK', le32(0).repeat(5))],
  [ORIG, openChannel('None')],
  [ORIG, activate(userName(NULL))],
  [RESP, answer(5, 470, 0)],
  [ORIG, call(6, 673)],
  [RESP, answer(6, 676, 0x8021_0000)],
  [ORIG, call(7, 826)],
  [ORIG, call(8, 712)],
];

describe('opcua', () => {
  it('records how a connection is secured, and what is asked for', () => {
    const played = play(opcua, SESSION);
    expect(recordsOf(played, 'opcua')).toMatchObject([
      { message: 'Hello', endpoint_url: 'opc.tcp://plc:4840' },
      { message: 'OpenSecureChannel', security_policy: 'None', security_mode: 'None' },
      { message: 'Service', service: 'ActivateSession', user_token: 'UserName', status: '00000000' },
      { message: 'Service', service: 'Write', status: '80210000' },
      { message: 'Service', service: 'Call' },
    ]);
    expect(played.logins).toEqual([
      { protocol: 'opcua', user: 'nurse', secret: 'SECRETPW', secretKind: 'password', success: true },
    ]);
    expect(shownText(played)).not.toMatch(/nurse|SECRETPW/);
    expect(played.weirds).toEqual([]);
  });

  it('takes no encrypted secret for a clear one, and knows the other ways to identify', () => {
    const encrypted = play(opcua, [
      [ORIG, HELLO],
      [ORIG, activate(userName(text('rsa')))],
    ]);
    expect([encrypted.logins, recordsOf(encrypted, 'opcua')[1]]).toMatchObject([
      [],
      { user_token: 'UserName' },
    ]);
    const anonymous = play(opcua, [
      [ORIG, HELLO],
      [ORIG, activate(`${node(321)} 01 ${le32(0)}`)],
    ]);
    expect(recordsOf(anonymous, 'opcua')[1]).toMatchObject({ user_token: 'Anonymous' });
  });

  it('reads no further than the policy of an encrypted channel', () => {
    const played = play(opcua, [
      [ORIG, HELLO],
      [ORIG, openChannel('Basic256Sha256')],
      [ORIG, call(6, 673)],
    ]);
    expect(recordsOf(played, 'opcua')).toMatchObject([{}, { security_policy: 'Basic256Sha256' }]);
    expect([recordsOf(played, 'opcua').length, played.end]).toEqual([2, 'done']);
  });

  it('reports errors, and names what does not fit', () => {
    expect(
      recordsOf(
        play(opcua, [
          [ORIG, HELLO],
          [RESP, message('ERR', le32(0x8000_0000))],
        ]),
        'opcua',
      )[1],
    ).toMatchObject({
      message: 'Error',
      status: '80000000',
    });
    expect(
      play(opcua, [[ORIG, message('HEL', `${le32(0).repeat(5)} ${le32(99)}`)]], { probe: false }).weirds,
    ).toEqual(['opcua_truncated_hello']);
    expect(
      play(opcua, [
        [ORIG, HELLO],
        [ORIG, 'XXXXXXXXXX'],
      ]).weirds,
    ).toEqual(['opcua_invalid_message']);
    const many = Array.from({ length: 257 }, (_, i): Step => [ORIG, call(100 + i, 631)]);
    expect(play(opcua, [[ORIG, HELLO], ...many]).weirds).toEqual(['opcua_pending_limit']);
  });

  it('is picked up in its middle on its port', () => {
    expect(recordsOf(play(opcua, [[ORIG, call(6, 673)]], { fromStart: false }), 'opcua')).toMatchObject([
      { service: 'Write' },
    ]);
    expect(play(opcua, [[ORIG, call(6, 673)]], { fromStart: false, respPort: 9999 }).verdict).toBe('no');
  });

  it('takes linear time', () => {
    expectLinear(
      n =>
        play(
          opcua,
          [
            [ORIG, HELLO],
            [ORIG, repeated(call(6, 673), n)],
          ],
          { segment: 100 },
        ),
      1 << 14,
    );
  });

  describeDecoderLaws(opcua, { session: SESSION });
});
