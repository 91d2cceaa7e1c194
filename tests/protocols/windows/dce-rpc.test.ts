import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { dce_rpc } from '../../../src/protocols/windows/dce-rpc.ts';
import {
  commonInterface,
  endpointName,
  operationName,
} from '../../../src/protocols/windows/dce-rpc-names.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
import { fromHex, type Played, play, recordsOf, type Step } from '../../support/fake-flow.ts';
import { bind, bindAck, fault, mapped, request, response } from './rpc-bytes.ts';

const SVCCTL = '367abb81-9844-35f1-ad32-98f038001003';
const EPMAPPER = 'e1af8308-5d1f-11c9-91a4-08002b14a0fa';

const SERVICE: Step[] = [
  [ORIG, bind(SVCCTL)],
  [RESP, bindAck('\\PIPE\\ntsvcs')],
  [ORIG, request(15, 2)],
  [RESP, response(2)],
  [ORIG, request(12, 3)],
  [RESP, fault(3, 5)],
  [ORIG, request(200, 4)],
];
const MAPPING: Step[] = [
  [ORIG, bind(EPMAPPER)],
  [RESP, bindAck('135')],
  [ORIG, request(3, 2)],
  [RESP, response(2, mapped(49_664))],
];
const rows = (played: Played) => recordsOf(played, 'dce_rpc');

describeDecoderLaws(dce_rpc, {
  'a service is made': SERVICE,
  'the endpoint mapper': MAPPING,
  'many at once': [
    [ORIG, Buffer.concat([bind(SVCCTL), request(15, 2), request(16, 3)])],
    [RESP, Buffer.concat([bindAck('1024'), response(2), response(3)])],
  ],
});

describe('dce_rpc', () => {
  it('names what is called, and how it ended', () => {
    const played = play(dce_rpc, SERVICE);
    expect(rows(played)).toEqual([
      {
        ts: { sec: 1_700_000_002, nsec: 0 },
        frame: 3,
        rtt: 1,
        named_pipe: '\\PIPE\\ntsvcs',
        endpoint: 'svcctl',
        operation: 'OpenSCManagerW',
      },
      expect.objectContaining({ operation: 'CreateServiceW', fault: '0x00000005', rtt: 1 }),
      expect.objectContaining({ operation: 'unknown-200' }),
    ]);
    expect(rows(played)[2]).not.toHaveProperty('rtt');
    expect(played.weirds).toEqual([]);
  });

  it('announces the port that the endpoint mapper names', () => {
    expect(play(dce_rpc, MAPPING).expectations).toEqual([
      { transport: 'tcp', host: '10.0.0.2', port: 49_664, protocol: 'dce_rpc', memo: undefined },
    ]);
  });

  it('takes a call in pieces for one, and its answer as complete with the last', () => {
    const played = play(dce_rpc, [
      [ORIG, bind(SVCCTL)],
      [ORIG, Buffer.concat([request(12, 2, 'a', 1), request(12, 2, 'b', 0), request(12, 2, 'c', 2)])],
      [RESP, response(2, 'x', 1)],
      [RESP, response(2, 'y', 2)],
    ]);
    expect(rows(played)).toMatchObject([{ operation: 'CreateServiceW', rtt: 2 }]);
  });

  it('reads big-endian packets', () => {
    const packet = fromHex(
      '05000b03 00000000 0048 0000 00000001 16d0 16d0 00000000 01000000 0000 0100' +
        '367abb81984435f1ad3298f038001003 00000002 8a885d041ceb11c99fe808002b104860 00000002',
    );
    const call = fromHex('05000003 00000000 0018 0000 00000002 00000000 0000 000c');
    expect(
      rows(
        play(dce_rpc, [
          [ORIG, packet],
          [ORIG, call],
        ]),
      ),
    ).toMatchObject([{ endpoint: 'svcctl', operation: 'CreateServiceW' }]);
  });

  it('goes on after a hole', () => {
    const played = play(dce_rpc, [
      ...SERVICE.slice(0, 2),
      { gap: ORIG, length: 99 },
      [ORIG, 'no packet'],
      ...SERVICE.slice(4),
    ]);
    expect(rows(played)).toMatchObject([{ operation: 'CreateServiceW' }, { operation: 'unknown-200' }]);
    expect(played.weirds).toEqual(['dce_rpc_bad_packet']);
  });

  it('is not led astray by calls that never end', () => {
    const begun = Array.from({ length: 22 }, (_, i) => request(12, i + 2, 'x', 1));
    expect(
      play(dce_rpc, [
        [ORIG, bind(SVCCTL)],
        [ORIG, Buffer.concat(begun)],
      ]).weirds,
    ).toEqual(['too_many_dce_rpc_msgs_in_reassembly']);
    const calls = Array.from({ length: 300 }, (_, i) => request(12, i + 2));
    const many = play(dce_rpc, [
      [ORIG, bind(SVCCTL)],
      [ORIG, Buffer.concat(calls)],
    ]);
    expect(rows(many)).toHaveLength(300);
    expect(many.weirds).toEqual(['dce_rpc_too_many_calls']);
  });

  it.each([
    ['a call on another port', request(1, 1)],
    ['version 4', fromHex('04000b03 10000000 4800 0000 01000000 0000')],
    ['a length below the header', fromHex('05000b03 10000000 0800 0000 01000000 0000')],
    ['an odd data representation', fromHex('05000b03 33000000 4800 0000 01000000 0000')],
  ])('declines %s', (_, bytes) => {
    expect(play(dce_rpc, [[ORIG, bytes]], { respPort: 4000 }).verdict).toBe('no');
  });

  it('takes time in proportion', () => {
    const unit = Buffer.concat([request(12, 2), request(12, 3, 'x'.repeat(300))]);
    expectLinear(
      n =>
        play(
          dce_rpc,
          [
            [ORIG, bind(SVCCTL)],
            [ORIG, repeated(unit, n)],
          ],
          { segment: 1000 },
        ),
      50_000,
    );
  });
});

describe('names', () => {
  // Numbers from the open specifications, as attacks use them.
  it.each<[string, string, number, string]>([
    ['1ff70682-0a51-30e8-076d-740be8cee98b', 'atsvc', 0, 'NetrJobAdd'],
    ['86d35949-83c9-4044-b424-db363231fd0c', 'ITaskSchedulerService', 1, 'SchRpcRegisterTask'],
    ['12345778-1234-abcd-ef00-0123456789ac', 'samr', 64, 'SamrConnect5'],
    ['12345778-1234-abcd-ef00-0123456789ab', 'lsarpc', 77, 'LsarLookupNames4'],
    ['12345678-1234-abcd-ef00-01234567cffb', 'netlogon', 26, 'NetrServerAuthenticate3'],
    ['12345678-1234-abcd-ef00-01234567cffb', 'netlogon', 30, 'NetrServerPasswordSet2'],
    ['4b324fc8-1670-01d3-1278-5a47bf6ee188', 'srvsvc', 57, 'NetrShareDelEx'],
    ['6bffd098-a112-3610-9833-46c3f87e345a', 'wkssvc', 2, 'NetrWkstaUserEnum'],
    ['338cd001-2244-31f1-aaaa-900038001003', 'winreg', 31, 'BaseRegSaveKeyEx'],
    ['e3514235-4b06-11d1-ab04-00c04fc2dcd2', 'drsuapi', 3, 'DRSGetNCChanges'],
    ['12345678-1234-abcd-ef00-0123456789ab', 'spoolss', 89, 'RpcAddPrinterDriverEx'],
    ['12345678-1234-abcd-ef00-0123456789ab', 'spoolss', 65, 'RpcRemoteFindFirstPrinterChangeNotificationEx'],
    ['76f03f96-cdfd-44fc-a22c-64950a001209', 'IRemoteWinspool', 39, 'RpcAsyncAddPrinterDriver'],
    ['c681d488-d850-11d0-8c52-00c04fd90f7e', 'efsrpc', 4, 'EfsRpcEncryptFileSrv'],
    ['a8e0653c-2744-4389-a61d-7373df8b2292', 'FileServerVssAgent', 8, 'IsPathSupported'],
    ['4fc742e0-4a10-11cf-8273-00aa004ae673', 'netdfs', 13, 'NetrDfsRemoveStdRoot'],
    ['9556dc99-828c-11cf-a37e-00aa003240c7', 'IWbemServices', 24, 'ExecMethod'],
    ['82273fdc-e32a-18c3-3f78-827929dc23ea', 'eventlog', 0, 'ElfrClearELFW'],
    ['00000000-0000-0000-0000-000000000000', 'unknown-00000000-0000-0000-0000-000000000000', 7, 'unknown-7'],
    ['4b324fc8-1670-01d3-1278-5a47bf6ee188', 'srvsvc', 58, 'unknown-58'],
    ['9556dc99-828c-11cf-a37e-00aa003240c7', 'IWbemServices', 0, 'unknown-0'],
  ])('%s is %s, its %i is %s', (uuid, endpoint, number, operation) => {
    expect([endpointName(uuid), operationName(uuid, number)]).toEqual([endpoint, operation]);
  });

  it('guesses the interface of a pipe by its name', () => {
    expect(endpointName(commonInterface('\\PIPE\\SvcCtl')!)).toBe('svcctl');
    expect(commonInterface('psexesvc')).toBe(undefined);
  });
});
