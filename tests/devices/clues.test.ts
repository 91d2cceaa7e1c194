import { describe, expect, it } from 'vitest';
import { cluesOf, type RecordFields } from '../../src/devices/clues.ts';
import { medicalCloud } from '../../src/devices/medical-clouds.ts';
import { knownVendor, vendorIn } from '../../src/devices/vendor-words.ts';

/** `who attribute value` of what a record tells. */
const told = (stream: string, record: RecordFields): string[] =>
  [...cluesOf(stream, record)]
    .filter(({ value }) => value !== undefined)
    .map(clue => `${clue.side ?? clue.host ?? clue.mac} ${clue.attribute} ${clue.value}`);

describe('clues', () => {
  const answered = { 'id.resp_p': 53, rcode_name: 'NOERROR' };

  it('take the last name of a chain in DNS for that of the address', () => {
    const record = {
      ...answered,
      qtype_name: 'A',
      query: 'pacs.example',
      answers: ['pacs-01.example', '10.0.0.4'],
    };
    expect(told('dns', record)).toEqual(['10.0.0.4 host_name pacs-01.example']);
    const reverse = {
      ...answered,
      qtype_name: 'PTR',
      query: '4.0.0.10.in-addr.arpa',
      answers: ['pacs-01.example'],
    };
    expect(told('dns', reverse)).toEqual(['10.0.0.4 host_name pacs-01.example']);
  });

  it('believe no names that neighbours give for others', () => {
    const record = { ...answered, qtype_name: 'A', query: 'pacs', answers: ['10.0.0.4'] };
    for (const port of [137, 5353, 5355]) expect(told('dns', { ...record, 'id.resp_p': port })).toEqual([]);
    expect(told('dns', { ...record, rcode_name: 'NXDOMAIN' })).toEqual([]);
  });

  it('tell a lease by the address given out, or by the card alone', () => {
    const lease = { mac: '00:03:b1:00:00:07', host_name: 'pump-7', vendor_class: 'ICU' };
    expect(told('dhcp', { ...lease, client_addr: '10.0.0.9', assigned_addr: '10.0.0.7' })).toEqual([
      '10.0.0.7 host_name pump-7',
      '10.0.0.7 vendor_class ICU',
    ]);
    expect(told('dhcp', { ...lease, client_addr: '0.0.0.0' })[0]).toBe('00:03:b1:00:00:07 host_name pump-7');
  });

  it('do not take the name asked of a proxy for the proxy’s', () => {
    expect(told('http', { method: 'GET', uri: '/', host: 'ct-01.example:8080' })).toEqual([
      'resp host_name ct-01.example',
    ]);
    expect(told('http', { method: 'GET', uri: 'http://a.example/', host: 'a.example' })).toEqual([]);
    expect(told('http', { method: 'GET', uri: '/', host: '10.0.0.4' })).toEqual([]);
  });

  it('read certificates of hosts, and the organisation only where it makes devices', () => {
    const certificate = {
      host_cert: true,
      'certificate.subject': 'CN=mon-3,O=Philips Medical Systems\\, Inc',
    };
    expect(told('x509', certificate)).toEqual([
      'resp host_name mon-3',
      'resp vendor Philips Medical Systems, Inc',
    ]);
    expect(told('x509', { ...certificate, 'certificate.subject': 'CN=*.a.example,O=Some Hospital' })).toEqual(
      [],
    );
    expect(told('x509', { ...certificate, host_cert: false })).toEqual([]);
  });

  it('credit the software of an association to the side that runs it', () => {
    const association = {
      event: 'associate',
      is_orig: false,
      implementation_version: 'A',
      acceptor_implementation_version: 'B',
    };
    expect(told('dicom', association)).toEqual(['resp software A', 'orig software B']);
    expect(told('dicom', { ...association, event: 'dimse' })).toEqual([]);
  });

  it('take who sends laboratory results for an analyzer, with reserve', () => {
    const clues = [...cluesOf('lis', { content: 'results', is_orig: true })];
    expect(clues).toEqual([{ side: 'orig', attribute: 'type', value: 'lab-analyzer', confidence: 0.5 }]);
    expect(told('lis', { content: 'orders', is_orig: true })).toEqual([]);
  });

  it('know medical services by whole labels, with the host’s own words', () => {
    expect(told('ssl', { server_name: 'scalews.withings.com' })).toContain('orig cloud scalews.withings.com');
    expect(told('ssl', { server_name: 'scalews.withings.com.evil.example' })).toEqual([
      'resp host_name scalews.withings.com.evil.example',
    ]);
    const query = { ...answered, qtype_name: 'A', query: 'clcloud.minimed.eu' };
    expect([...cluesOf('dns', query)]).toEqual([
      { side: 'orig', attribute: 'cloud', value: 'clcloud.minimed.eu', confidence: 0.4 },
    ]);
    // The website of the maker says little.
    expect([...cluesOf('dns', { ...query, query: 'www.dexcom.com' })][0]?.confidence).toBe(0.3);
  });
});

describe('medicalCloud', () => {
  it.each([
    ['share2.dexcom.com', 'cgm-companion', true],
    ['API-EU2.libreview.io.', 'cgm-companion', true],
    ['carelink.minimed.com', 'insulin-pump-companion', true],
    ['api.ihealthlabs.com:8443', 'health-companion', true],
    ['www.withings.com', 'health-companion', false],
  ])('%s', (name, type, service) => {
    expect(medicalCloud(name)).toMatchObject({ cloud: { type }, service });
  });

  it.each(['minimed.example', 'notwithings.com', 'xshare2.dexcom.com.br', 'io', ''])('not %s', name => {
    expect(medicalCloud(name)).toBeUndefined();
  });
});

describe('vendorIn', () => {
  it.each([
    ['Philips Medical Systems', 'Philips'],
    ['SIEMENS', 'Siemens Healthineers'],
    ['GE MEDICAL SYSTEMS', 'GE Healthcare'],
    ['Dräger', 'Draeger'],
    ['TOSHIBA_MEC', 'Canon Medical'],
  ])('%s', (text, vendor) => expect(knownVendor(text)).toBe(vendor));

  it.each([
    'Contec GmbH',
    'PYXIS S.R.L.',
    'Philips Lighting BV',
    'Beckmann GmbH',
    'Siemens Building Technologies',
  ])('%s is a false friend', text => {
    expect(knownVendor(text)).toBeUndefined();
    expect(vendorIn(text)?.falseFriend).toBe(true);
  });

  it.each(['Example Hospital', 'my Philips', ''])('nobody in %s', text =>
    expect(vendorIn(text)).toBeUndefined(),
  );
});
