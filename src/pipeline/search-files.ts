/** Files of what is looked for besides rules: payload signatures and indicators. */
export { type LoadedIntel, loadIntel } from '../intel/load.ts';

import { type LoadedSignatures, loadSignatures } from '../signatures/load.ts';
import { PROTOCOLS } from './streams.ts';

export type { LoadedSignatures };

/** Names that flows get from what is inside their protocol. */
const INNER_SERVICES = [
  'dce_rpc',
  'gssapi',
  'ipp',
  'krb',
  'mount',
  'nfs',
  'ntlm',
  'portmap',
  'ssl',
  'websocket',
];

/** Signatures of files, or of folders. @throws UserError with every problem of all files */
export function readSignatures(paths: readonly string[]): LoadedSignatures {
  return loadSignatures(paths, new Set([...PROTOCOLS.map(({ name }) => name), ...INNER_SERVICES]));
}
