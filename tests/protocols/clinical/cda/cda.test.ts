import { describe, expect, it } from 'vitest';
import { ORIG } from '../../../../src/model/protocol.ts';
import { http } from '../../../../src/protocols/web/http.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../../support/decoder-laws.ts';
import { bytesOf, type Played, play, recordsOf, type Step, shownText } from '../../../support/fake-flow.ts';
import { concat } from '../../../support/frames.ts';

const HEADER = `<?xml version="1.0"?><?xml-stylesheet href="CDA.xsl"?>
<!-- don't stop -->
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc">
  <typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
  <templateId root="2.16.840.1.113883.10.20.22.1.1"/><templateId root="2.16.840.1.113883.10.20.22.1.2"/>
  <id root="2.16.840.1.113883.19.5" extension="DOC-1"/>
  <code code="34133-9" codeSystem="2.16.840.1.113883.6.1" displayName="Summary"/>
  <title>Summary of CANARYTITLE</title>
  <effectiveTime value="20240102030405+0100"/>
  <confidentialityCode code="R"/><languageCode code="en-US"/>
  <recordTarget><patientRole>
    <id root="2.16.840.1.113883.19.5" extension="CANARYMRN77"/>
    <id root="2.16.840.1.113883.4.1" extension="999-47-0823"/>
    <id nullFlavor="UNK"/>
    <addr use="HP"><streetAddressLine>1 CANARYSTREET</streetAddressLine><city>TOWN</city><state>ST</state>
      <postalCode>12345</postalCode></addr>
    <telecom value="tel:555-1000"/><telecom value="mailto:mail@canary.example"/><telecom value="fax:555-2000"/>
    <patient>
      <name use="L"><given>PATIENT</given><given>Q</given><family>CANARY</family></name>
      <administrativeGenderCode code="F"/><birthTime value="194708231130"/>
      <sdtc:deceasedTime value="20240102"/>
      <guardian><addr><streetAddressLine>2 CANARYROAD</streetAddressLine></addr>
        <guardianPerson><name><given>MARY</given><family>CANARYKIN</family></name></guardianPerson></guardian>
    </patient>
    <providerOrganization><name>Clinic</name><telecom value="tel:555-9999"/></providerOrganization>
  </patientRole></recordTarget>
  <author><assignedAuthor><id root="2.16.840.1.113883.4.6" extension="NPI1"/><telecom value="tel:555-8888"/>
    <assignedPerson><name>Dr <![CDATA[CANARYDOC]]></name></assignedPerson></assignedAuthor></author>
  <custodian><assignedCustodian><representedCustodianOrganization><id root="2.16.840.1.113883.19.6"/>
    <name>Good Health &amp; Co</name></representedCustodianOrganization></assignedCustodian></custodian>
  <participant><associatedEntity><associatedPerson><name><family>CANARYSON</family></name></associatedPerson>
    </associatedEntity></participant>
  <componentOf><encompassingEncounter><id root="1.2" extension="CANARYVISIT"/></encompassingEncounter></componentOf>
  `;
const DOCUMENT = `${HEADER}<component><structuredBody><text>CANARYBODY<patient><name>NOBODY</name></patient></text></structuredBody></component></ClinicalDocument>`;

const post = (body: string | Uint8Array): Step => {
  const content = bytesOf(body);
  return [
    ORIG,
    concat(bytesOf(`POST /xds HTTP/1.1\r\nHost: h\r\nContent-Length: ${content.length}\r\n\r\n`), content),
  ];
};
const itemsOf = (played: Played) =>
  Object.fromEntries(played.phi.flatMap(seen => seen.items.map(({ kind, values }) => [kind, values])));

const ITEMS = {
  mrn: ['CANARYMRN77'],
  ssn: ['999-47-0823'],
  address: ['1 CANARYSTREET^^TOWN^ST^12345', '2 CANARYROAD'],
  phone: ['555-1000'],
  email: ['mail@canary.example'],
  fax: ['555-2000'],
  patient_name: ['CANARY^PATIENT^Q'],
  birth_date: ['19470823'],
  death_date: ['20240102'],
  relative_name: ['CANARYKIN^MARY', 'CANARYSON'],
  physician_name: ['Dr CANARYDOC'],
  admission_id: ['CANARYVISIT'],
};

describe('cda', () => {
  it('records what a document is and what identifies the patient', () => {
    const played = play(http, [post(DOCUMENT)]);
    expect(recordsOf(played, 'cda')).toMatchObject([
      {
        source: 'HTTP',
        is_orig: true,
        fuid: recordsOf(played, 'files')[0]!['fuid'],
        document_type: '34133-9',
        code_system: '2.16.840.1.113883.6.1',
        templates: ['2.16.840.1.113883.10.20.22.1.1', '2.16.840.1.113883.10.20.22.1.2'],
        created: '20240102030405+0100',
        confidentiality: 'R',
        language: 'en-US',
        custodian: 'Good Health & Co',
        custodian_id: '2.16.840.1.113883.19.6',
        pid_kinds: Object.keys(ITEMS).sort(),
      },
    ]);
    expect(itemsOf(played)).toEqual(ITEMS);
    expect(played.phi).toMatchObject([
      { protocol: 'http', payload: 'cda', carrier: 'ClinicalDocument 34133-9' },
    ]);
    expect(shownText(played)).not.toMatch(/CANARY|canary|1947|999-47|555-/);
  });

  it('reads UTF-16', () => {
    const wide = concat([0xff, 0xfe], Buffer.from(DOCUMENT, 'utf16le'));
    expect(itemsOf(play(http, [post(wide)], { segment: 333 }))).toEqual(ITEMS);
  });

  it('passes over the body of a document', () => {
    const long = DOCUMENT.replace('CANARYBODY', 'x'.repeat(500_000));
    const played = play(http, [post(long)], { segment: 1400 });
    expect(itemsOf(played)).toEqual(ITEMS);
    expect(played.given).toBeLessThan(20_000);
  });

  it('gives what came of a document that breaks off', () => {
    const played = play(http, [post(HEADER.slice(0, HEADER.indexOf('<author>')))]);
    const { physician_name, admission_id, ...rest } = ITEMS;
    expect(itemsOf(played)).toEqual({ ...rest, relative_name: ['CANARYKIN^MARY'] });
  });

  it('gives up a header without an end', () => {
    const played = play(http, [post(HEADER + '<a/>'.repeat(400_000))], { segment: 60_000 });
    expect(played.weirds).toEqual(['cda_header_limit']);
  });

  it('takes linear time', () => {
    expectLinear(n => {
      play(http, [post(`${HEADER}${Buffer.from(repeated('<author><name>x</name>', n))}`)], { timed: true });
    }, 100_000);
  });
});

describeDecoderLaws(http, {
  cda: [
    post(
      '<ClinicalDocument xmlns="urn:hl7-org:v3"><code code="1"/><recordTarget><patientRole><id extension="7"/></patientRole></recordTarget></ClinicalDocument>',
    ),
  ],
});
