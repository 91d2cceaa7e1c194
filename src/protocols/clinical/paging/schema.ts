/** Pages to staff, of both protocols that nurse calls and alarm servers send them by. */
import { f, flowStream } from '../../../model/schema.ts';

export const pagingStream = flowStream('paging', 'Pages to staff in clear: WCTP over HTTP, TAP over TCP.', {
  source: f.string('Protocol that carried it: HTTP … as in files; absent for TAP.'),
  fuid: f.string('The file it came in, as in files.'),
  is_orig: f.bool('The originator sent it.'),
  protocol: f.enum('wctp or tap.'),
  operation: f.string('Operation of WCTP, e.g. SubmitRequest, Confirmation; page for TAP.'),
  sender: f.token('Who sends it.', 'secret'),
  recipient: f.token('Pager or mailbox.', 'secret'),
  text: f.token('Text of the page, as a token: it often names a patient.', 'phi'),
  text_length: f.count('Characters of the text, as far as it was read.'),
  accepted: f.bool('The receiver took it; absent when no answer was seen.'),
  code: f.count('Code of success or failure that an answer of WCTP gives.'),
});
