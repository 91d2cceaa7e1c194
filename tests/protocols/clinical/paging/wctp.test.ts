import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../../src/model/protocol.ts';
import { http } from '../../../../src/protocols/web/http.ts';
import { play, recordsOf, shownText } from '../../../support/fake-flow.ts';

const operation = (body: string): string =>
  '<?xml version="1.0"?>\n<!DOCTYPE wctp-Operation SYSTEM "http://dtd.wctp.org/wctp-dtd-v1r1.dtd">' +
  `<wctp-Operation wctpVersion="wctp-dtd-v1r1">${body}</wctp-Operation>`;
const post = (content: string): string =>
  `POST /wctp HTTP/1.1\r\nHost: gw\r\nContent-Type: text/xml\r\nContent-Length: ${content.length}\r\n\r\n${content}`;
const ok = (content: string): string =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${content.length}\r\n\r\n${content}`;

const REQUEST = operation(
  '<wctp-SubmitRequest><wctp-SubmitHeader><wctp-Originator senderID="canaryuser" securityCode="canary-pass-4"/>' +
    '<wctp-Recipient recipientID="555-0142"/></wctp-SubmitHeader><wctp-Payload><wctp-Alphanumeric>CANARYLAST room 3 &amp; 4' +
    '</wctp-Alphanumeric></wctp-Payload></wctp-SubmitRequest>',
);
const CONFIRMED = operation(
  '<wctp-Confirmation><wctp-Success successCode="200" successText="Accepted">ok</wctp-Success></wctp-Confirmation>',
);
const FAILED = operation('<wctp-Confirmation><wctp-Failure errorCode="403"/></wctp-Confirmation>');

describe('wctp in HTTP', () => {
  it('reads a page and its confirmation', () => {
    const played = play(http, [
      [ORIG, post(REQUEST)],
      [RESP, ok(CONFIRMED)],
    ]);
    expect(recordsOf(played, 'paging')).toMatchObject([
      {
        source: 'HTTP',
        is_orig: true,
        protocol: 'wctp',
        operation: 'SubmitRequest',
        sender: { kind: 'user' },
        recipient: { kind: 'user' },
        text: { kind: 'subject' },
        text_length: 21,
      },
      { is_orig: false, operation: 'Confirmation', accepted: true, code: 200 },
    ]);
    expect(played.tokens).toContainEqual({ kind: 'subject', value: 'CANARYLAST room 3 & 4' });
    expect(played.logins).toMatchObject([{ protocol: 'wctp', user: 'canaryuser', secret: 'canary-pass-4' }]);
    expect(shownText(played)).not.toMatch(/canary|CANARY|555-0142/);
  });

  it('reads a refusal, and pages of other clients', () => {
    const client = operation(
      '<wctp-SubmitClientMessage><wctp-SubmitClientHeader><wctp-ClientOriginator senderID="s"/><wctp-Recipient recipientID="r"/>' +
        '</wctp-SubmitClientHeader><wctp-Payload><wctp-Alphanumeric/></wctp-Payload></wctp-SubmitClientMessage>',
    );
    const played = play(http, [
      [ORIG, post(client)],
      [RESP, ok(FAILED)],
    ]);
    expect(recordsOf(played, 'paging')).toMatchObject([
      { operation: 'SubmitClientMessage' },
      { operation: 'Confirmation', accepted: false, code: 403 },
    ]);
    expect(recordsOf(played, 'paging')[0]).not.toHaveProperty('text');
    expect(played.logins).toEqual([]);
  });

  it('leaves other XML alone', () => {
    expect(recordsOf(play(http, [[ORIG, post('<Operation/>')]]), 'paging')).toEqual([]);
  });
});
