/**
 * Names of ONC RPC programs, their procedures and results: portmap and rpcbind (RFC 1833), mount and NFS 2, 3 (RFC 1094,
 * 1813), NFS 4.0 to 4.2 operations (RFC 7530, 8881, 7862), network lock manager and status monitor (X/Open XNFS). What has no name here is
 * told by its number.
 */
export const PORTMAP = 100_000;
export const NFS = 100_003;
export const MOUNT = 100_005;

/** Programs by number, as registered. */
const PROGRAMS: Readonly<Record<number, string>> = {
  [PORTMAP]: 'portmap',
  100001: 'rstatd',
  100002: 'rusersd',
  [NFS]: 'nfs',
  100004: 'ypserv',
  [MOUNT]: 'mount',
  100007: 'ypbind',
  100008: 'rwalld',
  100009: 'yppasswdd',
  100011: 'rquotad',
  100012: 'sprayd',
  100017: 'rexd',
  100021: 'nlm',
  100024: 'status',
  100028: 'ypupdated',
  100068: 'cmsd',
  100083: 'ttdbserver',
  100227: 'nfs_acl',
  100232: 'sadmind',
  100300: 'nisd',
  150001: 'pcnfsd',
  300019: 'amd',
};

const list = (names: string): readonly string[] => names.split(' ');

const PORTMAP_2 = list('null set unset getport dump callit');
const RPCBIND = list(
  'null set unset getaddr dump bcast gettime uaddr2taddr taddr2uaddr getversaddr indirect getaddrlist getstat',
);
const NFS_2 = list(
  'null getattr setattr root lookup readlink read writecache write create remove rename link symlink mkdir rmdir readdir statfs',
);
const NFS_3 = list(
  'null getattr setattr lookup access readlink read write create mkdir symlink mknod remove rmdir rename link readdir readdirplus fsstat fsinfo pathconf commit',
);
const NLM = list(
  'null test lock cancel unlock granted test_msg lock_msg cancel_msg unlock_msg granted_msg test_res lock_res cancel_res unlock_res granted_res',
);

/** Names of procedures, by program and version; version 0 stands for all others. */
const PROCEDURES: Readonly<Record<number, Readonly<Record<number, readonly string[]>>>> = {
  [PORTMAP]: { 2: PORTMAP_2, 0: RPCBIND },
  [NFS]: { 2: NFS_2, 3: NFS_3, 4: ['null', 'compound'], 0: ['null'] },
  [MOUNT]: { 0: list('null mnt dump umnt umntall export') },
  100021: { 0: NLM },
  100024: { 0: list('null stat mon unmon unmon_all simu_crash notify') },
  100227: { 2: list('null getacl setacl getattr access'), 0: list('null getacl setacl') },
};

/** NFS 4 operations from number 3 on. */
const OPERATIONS = list(
  'access close commit create delegpurge delegreturn getattr getfh link lock lockt locku lookup lookupp nverify open openattr open_confirm open_downgrade putfh putpubfh putrootfh read readdir readlink remove rename renew restorefh savefh secinfo setattr setclientid setclientid_confirm verify write release_lockowner backchannel_ctl bind_conn_to_session exchange_id create_session destroy_session free_stateid get_dir_delegation getdeviceinfo getdevicelist layoutcommit layoutget layoutreturn secinfo_no_name sequence set_ssv test_stateid want_delegation destroy_clientid reclaim_complete allocate copy copy_notify deallocate io_advise layouterror layoutstats offload_cancel offload_status read_plus seek write_same clone',
);

/** Results of mount and NFS 2 to 4. */
const RESULTS: Readonly<Record<number, string>> = {
  0: 'ok',
  1: 'perm',
  2: 'noent',
  5: 'io',
  6: 'nxio',
  13: 'acces',
  17: 'exist',
  18: 'xdev',
  19: 'nodev',
  20: 'notdir',
  21: 'isdir',
  22: 'inval',
  27: 'fbig',
  28: 'nospc',
  30: 'rofs',
  31: 'mlink',
  63: 'nametoolong',
  66: 'notempty',
  69: 'dquot',
  70: 'stale',
  71: 'remote',
  10001: 'badhandle',
  10002: 'not_sync',
  10003: 'bad_cookie',
  10004: 'notsupp',
  10005: 'toosmall',
  10006: 'serverfault',
  10007: 'badtype',
  10008: 'delay',
  10010: 'denied',
  10011: 'expired',
  10012: 'locked',
  10013: 'grace',
  10016: 'wrongsec',
  10020: 'nofilehandle',
  10021: 'minor_vers_mismatch',
  10022: 'stale_clientid',
  10023: 'stale_stateid',
  10025: 'bad_stateid',
  10026: 'bad_seqid',
  10052: 'badsession',
  10063: 'seq_misordered',
};

export const programName = (program: number): string => PROGRAMS[program] ?? String(program);

export function procedureName(program: number, version: number, procedure: number): string {
  const versions = PROCEDURES[program];
  const known = (versions?.[version] ?? versions?.[0])?.[procedure];
  return known ?? (procedure === 0 ? 'null' : String(procedure));
}

export const operationName = (operation: number): string => OPERATIONS[operation - 3] ?? String(operation);

export const resultName = (result: number): string => RESULTS[result] ?? String(result);

/** Transport by its protocol number, as the portmapper has it. */
export const transportName = (protocol: number): string =>
  protocol === 6 ? 'tcp' : protocol === 17 ? 'udp' : String(protocol);
