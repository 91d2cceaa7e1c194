/**
 * Account names that vendors and systems ship with. A login under one of them is shown by name, because it belongs to
 * nobody and says what to change; every other user name may be a person's and becomes a token.
 *
 * A name is listed only with a source: an advisory, or being the default of a widespread system. A name that could be a
 * person's is not on the list, nor are passwords. Comparison is exact but for ASCII case.
 */

/** Account names of one origin. */
export interface AccountList {
  /** Who ships these accounts. */
  readonly origin: string;
  /** Where that is said. */
  readonly source: string;
  readonly names: readonly string[];
}

/** The list, by origin. A name may stand under several. */
export const KNOWN_ACCOUNTS: readonly AccountList[] = [
  {
    origin: 'GE imaging and MUSE service accounts',
    source: 'CISA ICSMA-18-037-02, ICSMA-20-343-01',
    names: ['insite', 'museadmin', 'geservice', 'ddpadmin'],
  },
  { origin: 'Orthanc', source: 'default configuration of Orthanc', names: ['orthanc'] },
  { origin: 'Swisslog TransLogic stations', source: 'CISA ICSMA-21-215-01', names: ['user', 'root'] },
  {
    origin: 'Unix-like systems',
    source: 'accounts that installations create',
    names: [
      'root',
      'admin',
      'daemon',
      'sys',
      'adm',
      'nobody',
      'operator',
      'backup',
      'guest',
      'sshd',
      'www-data',
      'apache',
      'nginx',
      'ubuntu',
      'debian',
      'centos',
      'fedora',
      'ec2-user',
      'pi',
    ],
  },
  {
    origin: 'Windows',
    source: 'built-in accounts',
    names: ['administrator', 'guest', 'defaultaccount', 'wdagutilityaccount', 'support_388945a0', 'iusr'],
  },
  {
    origin: 'FTP servers',
    source: 'RFC 1635 and common practice',
    names: ['anonymous', 'ftp', 'ftpuser', 'ftpadmin'],
  },
  {
    origin: 'SNMP agents',
    source: 'CVE-1999-0517 and default configurations: communities stand where others have an account',
    names: ['public', 'private', 'community', 'snmp', 'snmpd', 'ilmi', 'rmon', 'cable-docsis', 'trap'],
  },
  {
    origin: 'Databases and application servers',
    source: 'default accounts of the products',
    names: [
      'sa',
      'postgres',
      'mysql',
      'mariadb',
      'oracle',
      'system',
      'sysdba',
      'dbsnmp',
      'db2inst1',
      'elastic',
      'tomcat',
      'rabbitmq',
      'zabbix',
      'nagios',
    ],
  },
  {
    origin: 'Network, storage and embedded devices',
    source: 'default accounts of many products',
    names: [
      'cisco',
      'ubnt',
      'mikrotik',
      'manager',
      'supervisor',
      'service',
      'support',
      'tech',
      'sysadmin',
      'superuser',
      'superadmin',
      'webadmin',
      'default',
      'test',
      'demo',
      'user',
    ],
  },
  {
    origin: 'Mailboxes of functions',
    source: 'RFC 2142, RFC 5321, and senders that nobody reads',
    names: [
      'postmaster',
      'hostmaster',
      'webmaster',
      'abuse',
      'noc',
      'security',
      'info',
      'sales',
      'marketing',
      'mailer-daemon',
      'noreply',
      'no-reply',
      'donotreply',
    ],
  },
];

const BY_NAME: ReadonlySet<string> = new Set(KNOWN_ACCOUNTS.flatMap(list => list.names));

/** The listed name that `user` equals but for case, or undefined when it may be a person's. */
export function knownAccount(user: string): string | undefined {
  const name = user.replace(/[A-Z]/g, letter => letter.toLowerCase());
  return BY_NAME.has(name) ? name : undefined;
}
