import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  HIDING,
  hideLiterals,
  hideSecrets,
  NAME_BEFORE,
  nameBefore,
} from '../../src/protocols/secret-text.ts';
import { expectLinear } from '../support/decoder-laws.ts';

describe('hideSecrets', () => {
  it.each([
    ['login failed for bob password=CANARY', 'login failed for bob password=<secret>'],
    ['user=bob password: "CAN ARY" from 10.0.0.1', 'user=bob password: <secret> from 10.0.0.1'],
    ["pwd='CANARY', next", 'pwd=<secret>, next'],
    ['{"user":"bob","password":"CANARY"}', '{"user":"bob","password":<secret>}'],
    ['token: CANARY.x-1; done', 'token: <secret>; done'],
    ['Authorization: Basic Q0FOQVJZ', 'Authorization: Basic <secret>'],
    // s8pr:q in Base64, which looks like a word.
    ['Basic czhwcjpx', 'Basic <secret>'],
    ['got bearer Q0FOQVJZ.x', 'got bearer <secret>'],
    ['connect mysql://root:CANARY@db/x', 'connect mysql://root:<secret>@db/x'],
    ['COMMAND=/usr/bin/mysql -u root -pCANARY ward', 'COMMAND=/usr/bin/mysql -u root -p<secret> ward'],
    ['sshpass -p CANARY ssh x', 'sshpass -p <secret> ssh x'],
    ['Kennwort=CANARY', 'Kennwort=<secret>'],
  ])('%s', (text, hidden) => expect(hideSecrets(text)).toBe(hidden));

  it.each([
    'Failed password for nurse from 10.0.0.1 port 22 ssh2',
    'GET http://server/index.html 200',
    'link up, 1000 Mbps, basic rate',
    'Basic Grayscale Print Management Meta SOP Class',
    'Basic Annotation Box SOP Class',
    'a pass over the key frames',
    'ls -p /tmp',
  ])('leaves alone: %s', text => expect(hideSecrets(text)).toBe(text));

  it.each([
    ['lastname=CANARY, ward=3', 'lastname=<person>, ward=3'],
    ['patient=CANARY', 'patient=<mrn>'],
    ['mrn=CANARY dob=1970-01-02 x=1', 'mrn=<mrn> dob=<birth_date> x=1'],
    ['{"patientName":"CANARY, Jane","bed":4}', '{"patientName":<patient_name>,"bed":4}'],
    ['{\\"patientName\\":\\"CANARY Jane\\"}', '{\\"patientName\\":<patient_name>}'],
    ['Patient: Canary, Jane; bed 4', 'Patient: <mrn>; bed 4'],
    ['Patient Name: Canary Jane Bed: 4', 'Patient Name: <patient_name> Bed: 4'],
    ['MRN: CANARY', 'MRN: <mrn>'],
    ['Medical Record Number: CANARY', 'Medical Record Number: <mrn>'],
    ['Date of Birth: 01 Feb 1970, bed 4', 'Date of Birth: <birth_date>, bed 4'],
    ['geb: 01.02.1970', 'geb: <birth_date>'],
    ['GET /Patient/4711 HTTP/1.1', 'GET /Patient/<mrn> HTTP/1.1'],
    ['ward/patient/CANARY/hr', 'ward/patient/<mrn>/hr'],
    ['patient:name:CANARY', 'patient:name:<patient_name>'],
    ['patient:CANARY:vitals', 'patient:<mrn>:vitals'],
    ['<password>CANARY</password>', '<password><secret></password>'],
    ['<v:lastName use="x">CANARY</v:lastName>', '<v:lastName use="x"><person></v:lastName>'],
    ['token CANARY0815', 'token <secret>'],
    ['login with password CANARY', 'login with password <secret>'],
    ['ward/3/password=CANARY/x', 'ward/3/password=<secret>'],
    ["$filter=lastname eq 'CANARY'", '$filter=lastname eq <person>'],
    ['lastname%253DCANARY', 'lastname=<person>'],
    ['Key (lastname)=(CANARY) already exists.', 'Key (lastname)=<person> already exists.'],
    ['password="CANARY is cut', 'password=<secret>'],
    ['password=a,CANARY x', 'password=<secret> x'],
    ["SET PASSWORD 'CANARY'", 'SET PASSWORD <secret>'],
    ['MRN 4711', 'MRN <mrn>'],
    ['Patient ID 4711 in bed', 'Patient ID <mrn> in bed'],
    ['geb. 01.02.1970', 'geb. <birth_date>'],
    ['SSN: 123 45 6789', 'SSN: <ssn>'],
    ['admit patient Canary, Jane', 'admit patient <patient_name>'],
    ['ward/mrn/CANARY/x', 'ward/mrn/<mrn>/x'],
    ['ward/lastname/CANARY', 'ward/lastname/<person>'],
    ['patient.4711.name', 'patient.<mrn>.name'],
    ['run --password CANARY x', 'run --password <secret> x'],
    ['patient_name -> CANARY', 'patient_name -> <patient_name>'],
    [
      '{"patient":{"name":"CANARY","id":4711},"name":"x"}',
      '{"patient":{"name":<patient_name>,"id":<mrn>},"name":"x"}',
    ],
    ['{"lastName":["CANARY","CANARY"],"x":1}', '{"lastName":<person>,"x":1}'],
    ["contains(lastName,'CANARY')", 'contains(lastName,<person>)'],
    ["lastname in ('CANARY','CANARY')", 'lastname in <person>'],
    ['patient address: 12 Canary St, Springfield', 'patient address: <address>'],
    ['password=a]b)CANARY}d', 'password=<secret>'],
    ['password=<CANARY>', 'password=<secret>'],
    ['mrn=CANARY<b>', 'mrn=<mrn><b>'],
    ['Pat.-Nr.: CANARY', 'Pat.-Nr.: <mrn>'],
  ])('announced: %s', (text, hidden) => {
    expect(hideSecrets(text)).toBe(hidden);
    // What is hidden stays as it is.
    expect(hideSecrets(hidden)).toBe(hidden);
  });

  it.each([
    'patient monitor connected: bed 4',
    'ward/patient/monitor',
    'session(1): pam_unix(sshd:session): session opened for user root',
    'path=/usr/bin filename=x.txt hostname=monitor-4 username: 3',
    "Access denied for user 'x'@'h' (using password: YES)",
    'session_id policy_id=4 policyid=4',
    'token expired: 3 seconds',
    'failed with password authentication',
    'Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101',
    'keypad=1 spin=3 monkey: 2 pattern=x visits=2 falls=3',
    'scope launch/patient patient/Observation.read',
    'a%20b%2Fc password',
  ])('leaves alone too: %s', text => expect(hideSecrets(text)).toBe(text));

  it.each([
    ["CREATE USER 'x'@'%' IDENTIFIED BY 'CANARY'", "CREATE USER '?'@'?' IDENTIFIED BY '?'"],
    ["SET PASSWORD = 'CANARY'", "SET PASSWORD = '?'"],
    [
      "SELECT * FROM p WHERE lastname='O''CANARY' AND mrn=471",
      "SELECT * FROM p WHERE lastname='?' AND mrn=<mrn>",
    ],
    ['SELECT "name" FROM p WHERE a = "CANARY"', 'SELECT "name" FROM p WHERE a = \'?\''],
    ["INSERT INTO p VALUES ('CANARY', 3, 'CAN\\'ARY')", "INSERT INTO p VALUES ('?', 3, '?')"],
    ['DO $x$ CANARY $x$', "DO '?'"],
    ["SELECT 'CANARY cut", "SELECT '?'"],
    ["SELECT 1 -- don't\nWHERE a='CANARY'", "SELECT 1 -- don't\nWHERE a='?'"],
    ['INSERT INTO p (mrn) VALUES (4711)', 'INSERT INTO p (mrn) VALUES (?)'],
    ['SELECT @@version LIMIT 1', 'SELECT @@version LIMIT 1'],
  ])('literals of SQL: %s', (query, hidden) => expect(hideLiterals(query)).toBe(hidden));

  it('knows that a backslash escapes nothing in PostgreSQL', () => {
    const query = "SELECT 1 WHERE a LIKE '\\' AND b = 'CANARY' AND c = E'\\'CANARY'";
    expect(hideLiterals(query, 'postgresql')).toBe("SELECT 1 WHERE a LIKE '?' AND b = '?' AND c = '?'");
  });

  it.each([
    'patient:{"',
    'lastname:{',
    'ward/',
    'mrn/a/',
    'mrn 1 ',
    'password=a"',
    '~',
    '$a$',
    "'",
    '"',
    'mrn=(',
    "mrn='",
    'a b c d ',
    'patient/',
    '<password>x',
    'lastname=A A A ',
    '%25',
  ])('takes linear time for patients in "%s" again and again', unit => {
    expectLinear(n => {
      hideLiterals(`mrn${unit.repeat(n / unit.length)}`);
      hideSecrets(`mrn${unit.repeat(n / unit.length)}`);
    }, 1 << 13);
  });

  it.each(['password ', 'x://', 'mysql -p ', 'basic  ', 'pass="'])(
    'takes linear time for "%s" again and again',
    unit => {
      expectLinear(n => {
        hideSecrets(unit.repeat(n / unit.length));
      }, 1 << 13);
    },
  );
});

describe('what is asked before a pattern is tried', () => {
  const piece = fc.constantFrom(
    // What each of the patterns finds, and what they are made of.
    ...[
      'http://root:x@',
      'Bearer Q0FOQVJZ',
      'MRN 4711',
      'PATIENT "Jane"',
      'patient Canary, Jane',
      '--token x',
    ],
    ...[
      'Patients.4711',
      '/PATIENT/4711',
      '<lastName>Jane',
      'a/mrn/4711',
      'pin=4711',
      'mysql -px',
      'TOKEN x1y2z3w4',
    ],
    ...[
      'using password x',
      'Patient',
      'patients',
      '4711',
      'Jane',
      'ſ',
      'İ',
      'K',
      'name',
      'password',
      'token',
      'a',
    ],
    ...[
      '/',
      ':',
      '.',
      '|',
      ' ',
      '  ',
      '\t',
      '\n',
      '-',
      '--',
      ' -p',
      '@',
      '://',
      '<',
      '>',
      '</',
      '=',
      ', ',
      '"',
      "'",
    ],
    ...['(', ')', '[', ']', '\\', '_', '`', '?', '&', '%20', ';', '#', '*'],
  );
  const text = fc.oneof(
    fc.array(piece, { maxLength: 12 }).map(pieces => pieces.join('')),
    fc.string({ unit: 'grapheme', maxLength: 40 }),
  );

  it('never leaves out a pattern that would hide something', () => {
    const changed = new Set<(text: string) => string>();
    const property = fc.property(text, fc.constantFrom(...HIDING), (given, { needs, hide }) => {
      const hidden = hide(given);
      if (hidden !== given) changed.add(hide);
      if (needs?.(given) === false) expect(hidden).toBe(given);
    });
    fc.assert(property, { numRuns: 20_000 });
    // Each of them was put to the test.
    expect(changed.size).toBe(HIDING.length);
  });

  it('finds the same name in front of a value from behind as from the front', () => {
    const property = fc.property(text, fc.nat(40), (given, cut) => {
      const from = Math.min(cut, given.length);
      const name = nameBefore(given, from, given.length);
      const whole = NAME_BEFORE.exec(given.slice(from));
      expect(name === null ? null : [...name]).toEqual(whole === null ? null : [...whole]);
    });
    fc.assert(property, { numRuns: 20_000 });
  });
});
