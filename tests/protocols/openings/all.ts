/** Openings of every protocol that is decoded. */
import { CLINICAL } from './clinical.ts';
import { DATABASE } from './database.ts';
import { INDUSTRIAL } from './industrial.ts';
import { MAIL } from './mail.ts';
import { MANAGEMENT } from './management.ts';
import { NAMING } from './naming.ts';
import { REMOTE } from './remote.ts';
import { RPC } from './rpc.ts';
import type { Sample } from './sample.ts';
import { VOICE } from './voice.ts';
import { WEB } from './web.ts';
import { WINDOWS } from './windows.ts';

export const DECODED: readonly Sample[] = [
  ...NAMING,
  ...WEB,
  ...REMOTE,
  ...RPC,
  ...MAIL,
  ...WINDOWS,
  ...MANAGEMENT,
  ...INDUSTRIAL,
  ...DATABASE,
  ...VOICE,
  ...CLINICAL,
];

/** Never recognised, only announced by other flows. */
export const ANNOUNCED: readonly string[] = ['ftp-data', 'irc-dcc-data'];
