/** The reader of messages where another protocol carries them: whole and cut bodies of HTTP. */
import { expect, test } from 'vitest';
import { ORIG } from '../../../../src/model/protocol.ts';
import { http } from '../../../../src/protocols/web/http.ts';
import { play, recordsOf, type Step, shownText } from '../../../support/fake-flow.ts';
import { CANARIES, frame, msh, result, segments } from './build.ts';

const post = (body: string, length = body.length): Step => [
  ORIG,
  `POST /hl7 HTTP/1.1\r\nHost: h\r\nContent-Type: application/hl7-v2\r\nContent-Length: ${length}\r\n\r\n${body}`,
];

test('several messages without frames are no anomaly in a body', () => {
  const played = play(http, [post(result('1') + result('2') + result('3'))]);
  expect(recordsOf(played, 'hl7')).toMatchObject(
    [1, 2, 3].map(() => ({ source: 'HTTP', framed: false, segments: 6, message_bytes: result('1').length })),
  );
  expect(played.weirds).toEqual([]);
  const text = shownText(played);
  for (const canary of CANARIES) expect(text).not.toContain(canary);
});

test('frames and text around messages are no anomaly in a body either', () => {
  const played = play(http, [post(`${frame(result('1'))}\n--\n${frame(result('2'))}`)]);
  expect(recordsOf(played, 'hl7')).toHaveLength(2);
  expect(played.weirds).toEqual([]);
});

test('a body that is cut gives no cut identifier', () => {
  const body = `${segments(msh('1'))}PID|1||MRN-1^^^H^MR||FAMILY^GIV`;
  const kinds = (length: number) =>
    play(http, [post(body, length)]).phi.flatMap(seen => seen.items.map(item => item.kind));
  expect(kinds(body.length)).toEqual(['mrn', 'patient_name']);
  expect(kinds(body.length + 100)).toEqual(['mrn']);
});

test('goes on behind bytes that are missing in a body', () => {
  const body = result('1') + result('2') + result('3');
  const [direction, whole] = post(body) as readonly [typeof ORIG, string];
  const at = whole.length - body.length + result('1').length + 60;
  const played = play(http, [
    [direction, whole.slice(0, at)],
    { gap: direction, length: 50 },
    [direction, whole.slice(at + 50)],
  ]);
  expect(recordsOf(played, 'hl7').map(record => record['segments'])).toEqual([6, expect.any(Number), 6]);
  expect(played.weirds.filter(name => name.startsWith('hl7'))).toEqual([]);
});
