/**
 * Logins inside mail protocols (SASL, RFC 4422): what the client answers to PLAIN (RFC 4616), LOGIN, XOAUTH2 and
 * OAUTHBEARER (RFC 7628) as lines of base64. Mechanisms that do not send the secret (CRAM-MD5, SCRAM, NTLM …) give
 * no login.
 */
import { latin1 } from '../../bytes/text.ts';

/** Longest answer looked at. */
const MAX_ANSWER = 8192;
/** Answers of one dialogue. */
const MAX_ANSWERS = 8;

/** Names of mechanisms (IANA's registry), for telling AUTH from that of other protocols. */
export const SASL_MECHANISM =
  /^(?:PLAIN|LOGIN|ANONYMOUS|EXTERNAL|CRAM-MD5|DIGEST-MD5|NTLM|GSSAPI|GS2-\S{1,16}|SCRAM-\S{1,24}|XOAUTH2?|OAUTHBEARER|OTP|KERBEROS_V4)$/i;

/** What the client showed of itself. */
export interface SaslLogin {
  readonly user: string | undefined;
  readonly secret: string;
  /** As in `credentials`. */
  readonly secretKind: 'password' | 'bearer';
}

/** One AUTH or AUTHENTICATE command and the client's answers to it. */
export class SaslDialogue {
  readonly #mechanism: string;
  readonly #answers: string[] = [];

  /** @param initial the first answer, when it came with the command; `=` is an empty one (RFC 4954 section 4) */
  constructor(mechanism: string, initial: string | undefined) {
    this.#mechanism = mechanism.toUpperCase();
    if (initial !== undefined && initial !== '') this.answer(initial === '=' ? '' : initial);
  }

  /** A line of the client: base64, or `*` to give up. */
  answer(line: string): void {
    if (this.#answers.length < MAX_ANSWERS) this.#answers.push(line.slice(0, MAX_ANSWER));
  }

  /** The login, once its secret was sent. */
  get login(): SaslLogin | undefined {
    const [first, second] = this.#answers;
    if (first === undefined || this.#answers.includes('*')) return undefined;
    switch (this.#mechanism) {
      case 'PLAIN': {
        const parts = decodeBase64(first).split('\0');
        return parts.length === 3 ? { user: parts[1], secret: parts[2]!, secretKind: 'password' } : undefined;
      }
      case 'LOGIN':
        return second === undefined
          ? undefined
          : { user: decodeBase64(first), secret: decodeBase64(second), secretKind: 'password' };
      case 'XOAUTH2':
      case 'OAUTHBEARER':
        return bearerLogin(decodeBase64(first));
      default:
        return undefined;
    }
  }
}

/** `user=a\x01auth=Bearer t\x01\x01`, or `n,a=a,\x01…` in RFC 7628. */
function bearerLogin(text: string): SaslLogin | undefined {
  const secret = /\x01auth=bearer ([^\x01]+)/i.exec(text)?.[1];
  const user = /^(?:user=|n,a=)([^\x01,]*)/.exec(text)?.[1];
  return secret === undefined ? undefined : { user, secret, secretKind: 'bearer' };
}

function decodeBase64(text: string): string {
  return latin1(Buffer.from(text, 'base64'));
}
