/** What SMB is recorded as: Zeek's `smb_mapping` and `smb_files`, and one record about the session itself. */
import { f, flowStream } from '../../model/schema.ts';

/** Zeek's `smb_mapping.log`. */
export const smbMappingStream = flowStream('smb_mapping', 'One line per share that a client connected to.', {
  path: f.string('Share, e.g. \\\\server\\images.', 'text'),
  service: f.string('Kind of the share as SMB 1 names it: A:, IPC, LPT1: …', 'text'),
  native_file_system: f.string('File system of the share, when the server says it.', 'text'),
  share_type: f.string('DISK, PIPE or PRINT.'),
});

/** Zeek's `smb_files.log`. */
export const smbFilesStream = flowStream('smb_files', 'One line per action on a file, pipe or printer.', {
  action: f.enum('SMB::FILE_OPEN, SMB::FILE_DELETE, SMB::FILE_RENAME, SMB::PIPE_OPEN or SMB::PRINT_OPEN.'),
  fuid: f.string('Identifier in `files` of contents read or written before; absent when it was just opened.'),
  path: f.string('Share the file is on.', 'text'),
  name: f.string('Name of the file within the share.', 'text'),
  size: f.count('Bytes of the file when it was opened.'),
  prev_name: f.string('Former name of a renamed file.', 'text'),
  'times.modified': f.time('When the file was last written.'),
  'times.accessed': f.time('When the file was last read.'),
  'times.created': f.time('When the file was made.'),
  'times.changed': f.time('When the file or its attributes last changed.'),
});

/** Not a stream of Zeek's. */
export const smbSessionStream = flowStream(
  'smb_session',
  'One line per SMB connection: how well it is protected.',
  {
    dialect: f.string('Dialect the server chose, e.g. 3.1.1 or NT LM 0.12.', 'text'),
    dialects_offered: f.strings('Dialects the client offered.', 'text'),
    smb1: f.bool('Messages of version 1 were used beyond the choice of a dialect.'),
    signing_enabled: f.bool('The server can sign messages.'),
    signing_required: f.bool('The server insists on signed messages.'),
    signed: f.bool('Signed messages were seen.'),
    encryption: f.string('Cipher the server chose for encryption, when it chose one.'),
    encrypted: f.bool('Encrypted messages were seen.'),
    guest: f.bool('The server let the client in as guest or without a name.'),
    server_guid: f.string('Identifier of the server, the same on all its connections.'),
    client_name: f.string('NetBIOS name by which the client called itself.', 'text'),
    server_name: f.string('NetBIOS name by which the client called the server.', 'text'),
    client_os: f.string('Operating system the client names (version 1).', 'text'),
    client_software: f.string('Program the client names (version 1).', 'text'),
    server_os: f.string('Operating system the server names (version 1).', 'text'),
    server_software: f.string('Program the server names (version 1).', 'text'),
  },
);
