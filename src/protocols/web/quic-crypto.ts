/**
 * Keys of QUIC Initial packets, which everybody can derive who saw the first one (RFC 9001 section 5.2, RFC 9369 section 3.3),
 * and the removal of their protection (RFC 9001 sections 5.3 and 5.4). It hides nothing; it only keeps middleboxes away.
 */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';

/** Version 1 of RFC 9000. */
export const QUIC_V1 = 0x0000_0001;
/** Version 2 of RFC 9369. */
export const QUIC_V2 = 0x6b33_43cf;

const SALTS: readonly (readonly [first: number, last: number, salt: Buffer])[] = [
  [QUIC_V1, QUIC_V1, Buffer.from('38762cf7f55934b34d179ae6a4c80cadccbb7f0a', 'hex')],
  [QUIC_V2, QUIC_V2, Buffer.from('0dede3def700a6db819381be6e269dcbf9bd2ed9', 'hex')],
  // Drafts 29 to 32, and 23 to 28.
  [0xff00_001d, 0xff00_0020, Buffer.from('afbfec289993d24c9e9786f19c6111e04390a899', 'hex')],
  [0xff00_0017, 0xff00_001c, Buffer.from('c3eef712c72ebb5a11a7d2432bb46365bef9f502', 'hex')],
];

/** Whether the Initial packets of a version can be read. */
export function isReadable(version: number): boolean {
  return SALTS.some(([first, last]) => version >= first && version <= last);
}

/** Keys of one direction. */
export interface InitialKeys {
  readonly key: Buffer;
  readonly iv: Buffer;
  readonly headerKey: Buffer;
}

/** Keys of the client's and the server's Initial packets, from the connection identifier the client chose for the server. */
export function initialKeys(version: number, connectionId: Uint8Array): readonly [InitialKeys, InitialKeys] {
  const salt = SALTS.find(([first, last]) => version >= first && version <= last)![2];
  const secret = createHmac('sha256', salt).update(connectionId).digest();
  const prefix = version === QUIC_V2 ? 'quicv2' : 'quic';
  const keys = (label: string): InitialKeys => {
    const own = expandLabel(secret, label, 32);
    return {
      key: expandLabel(own, `${prefix} key`, 16),
      iv: expandLabel(own, `${prefix} iv`, 12),
      headerKey: expandLabel(own, `${prefix} hp`, 16),
    };
  };
  return [keys('client in'), keys('server in')];
}

/** HKDF-Expand-Label of RFC 8446 section 7.1 for at most one block of SHA-256. */
function expandLabel(secret: Buffer, label: string, length: number): Buffer {
  const name = `tls13 ${label}`;
  const info = Buffer.concat([Buffer.from([0, length, name.length]), Buffer.from(name), Buffer.from([0, 1])]);
  return createHmac('sha256', secret).update(info).digest().subarray(0, length);
}

const SAMPLE = 16;
const TAG = 16;

/**
 * The payload of an Initial packet `[from, to)` whose packet number begins at `numberAt`; undefined when it was not made with
 * these keys.
 */
export function openInitial(
  keys: InitialKeys,
  bytes: Uint8Array,
  from: number,
  numberAt: number,
  to: number,
): Uint8Array | undefined {
  if (to - numberAt < 4 + SAMPLE) return undefined;
  const cipher = createCipheriv('aes-128-ecb', keys.headerKey, null);
  const mask = cipher.update(bytes.subarray(numberAt + 4, numberAt + 4 + SAMPLE));
  const header = Buffer.from(bytes.subarray(from, numberAt + 4));
  header[0]! ^= mask[0]! & 0x0f;
  const numberLength = (header[0]! & 3) + 1;
  const nonce = Buffer.from(keys.iv);
  for (let i = 0; i < numberLength; i++) {
    const byte = header[numberAt - from + i]! ^ mask[i + 1]!;
    header[numberAt - from + i] = byte;
    nonce[nonce.length - numberLength + i]! ^= byte;
  }
  const contentAt = numberAt + numberLength;
  if (to - contentAt < TAG) return undefined;
  const decipher = createDecipheriv('aes-128-gcm', keys.key, nonce, { authTagLength: TAG });
  decipher.setAAD(header.subarray(0, contentAt - from));
  decipher.setAuthTag(bytes.subarray(to - TAG, to));
  const content = decipher.update(bytes.subarray(contentAt, to - TAG));
  try {
    decipher.final();
    return content;
  } catch {
    // The tag does not fit: other keys, or damage.
    return undefined;
  }
}
