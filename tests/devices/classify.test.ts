import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify, GENERAL_TYPES, hintsOf, MARGIN, TYPE_CONFIDENCE } from '../../src/devices/classify.ts';
import { EvidenceList } from '../../src/devices/evidence.ts';
import { NAME_ROWS, nameWord } from '../../src/devices/name-words.ts';
import { PRODUCT_ROWS, productIn } from '../../src/devices/products.ts';
import { SERVICE_ROWS } from '../../src/devices/service-roles.ts';
import { DEVICE_TYPES } from '../../src/devices/types.ts';
import type { Evidence } from '../../src/model/device.ts';
import { PROTOCOLS } from '../../src/pipeline/streams.ts';

/** `attribute value [confidence [source]]` */
type Short = readonly [attribute: string, value: string, confidence?: number, source?: string];

const evidence = (...items: readonly Short[]): Evidence[] =>
  items.map(([attribute, value, confidence = 0.6, source = 'test']) => ({
    attribute,
    value,
    source,
    confidence,
  }));

const oui = (vendor: string, category: string): Short[] => [
  ['vendor', vendor, 0.3, 'oui'],
  ['category', category, 0.3, 'oui'],
];

describe('classify', () => {
  it.each<[string, Short[], string | undefined]>([
    ['nothing', [], undefined],
    ['the maker of a network card', oui('ICU Medical', 'infusion'), undefined],
    [
      'a name',
      [
        ['host_name', 'pump-07', 0.9],
        ['ae_title', 'PUMP', 0.9],
      ],
      undefined,
    ],
    [
      'a maker and a name that agree',
      [...oui('ICU Medical', 'infusion'), ['host_name', 'pump-07']],
      'infusion-pump',
    ],
    [
      'a maker and a name that do not',
      [...oui('ICU Medical', 'infusion'), ['host_name', 'ct-07']],
      undefined,
    ],
    ['a product', [['model', 'Philips IntelliVue MX800', 0.9]], 'patient-monitor'],
    [
      'a product that is named after another',
      [['model', 'IntelliVue Information Center iX', 0.9]],
      'central-station',
    ],
    ['a protocol of the maker', [['type', 'patient-monitor', 0.9, 'intellivue']], 'patient-monitor'],
    ['images of a kind', [['type', 'ct', 0.7, 'dicom']], 'ct'],
    [
      'images, and a name for the kind',
      [
        ['type', 'imaging', 0.6, 'dicom'],
        ['ae_title', 'MR01'],
      ],
      'mr',
    ],
    [
      'a server, and a name for the kind',
      [
        ['role', 'answers postgresql', 0.9, 'conn'],
        ['host_name', 'ris'],
      ],
      'ris',
    ],
    [
      'an archive that answers SQL as well',
      [
        ['type', 'pacs', 0.8, 'dicom'],
        ['role', 'answers tds', 0.9, 'conn'],
      ],
      'pacs',
    ],
    ['a printer', [['service', '_ipp._tcp', 0.6, 'mdns']], 'printer'],
    ['a camera', [['service', 'dn:NetworkVideoTransmitter', 0.6, 'ws_discovery']], 'camera'],
    [
      'a telephone that is a bridge',
      [
        ['capability', 'bridge'],
        ['capability', 'telephone'],
      ],
      'phone',
    ],
    [
      'a switch',
      [
        ['capability', 'bridge'],
        ['software', 'Cisco IOS Software, C2960', 0.6],
      ],
      'switch',
    ],
    ['a phone with an app', [['cloud', 'clcloud.minimed.eu', 0.6, 'ssl']], 'insulin-pump-companion'],
    ['a visit of a website', [['cloud', 'www.dexcom.com', 0.3, 'dns']], undefined],
    [
      'toolkits',
      [
        ['software', 'OFFIS_DCMTK_367'],
        ['software', 'curl/7.88.1'],
        ['software', 'nginx/1.22'],
      ],
      undefined,
    ],
    ['a maker of several kinds', oui('Draeger', 'monitor/ventilator'), undefined],
  ])('%s', (_what, items, type) => {
    expect(classify(evidence(...items)).type).toBe(type);
  });

  it('lists what it may be when that does not suffice, and nothing when there is a type', () => {
    const weak = classify(evidence(...oui('Draeger', 'monitor/ventilator')));
    expect(hintsOf(weak)).toEqual([
      { type: 'ventilator', confidence: 0.21 },
      { type: 'patient-monitor', confidence: 0.21 },
    ]);
    expect(weak.reason).toContain('too weak');
    expect(hintsOf(classify(evidence(['type', 'ct', 0.7])))).toEqual([]);
  });

  it('says that evidence is at odds, and falls back on what both are', () => {
    const odds = classify(evidence(['type', 'ct', 0.6, 'dicom'], ['type', 'printer', 0.6, 'other']));
    expect([odds.type, odds.reason]).toEqual([
      undefined,
      'the evidence is at odds: ct (60 %) and printer (60 %) are too close',
    ]);
    const both = classify(
      evidence(['type', 'imaging', 0.6, 'dicom'], ['type', 'ct', 0.4, 'a'], ['type', 'mr', 0.4, 'b']),
    );
    expect([both.type, both.confidence]).toEqual(['imaging', 0.6]);
  });

  it('counts one name once, however often it is said', () => {
    const name = ['host_name', 'ct-01', 0.6] as const;
    const many = evidence([...name, 'dns'], [...name, 'dhcp'], ['ae_title', 'CT01'], ['name', 'ct']);
    expect(classify(many).confidence).toBe(classify(evidence(name)).confidence);
    expect(classify(many).candidates[0]?.weaker).toHaveLength(3);
  });

  it('counts the strongest of one ground, whichever comes first', () => {
    const vague = ['host_name', 'mon-1', 0.6] as const;
    const clear = ['ae_title', 'bedside', 0.6] as const;
    for (const items of [
      [vague, clear],
      [clear, vague],
    ]) {
      const verdict = classify(evidence(...items, ['category', 'monitor', 0.3, 'oui']));
      // 1 - (1 - 0.45) (1 - 0.3)
      expect([verdict.type, verdict.confidence]).toEqual(['patient-monitor', 0.62]);
    }
  });

  it('sets aside what is of a device behind, and takes who speaks for others for a gateway at most', () => {
    const behind = evidence(['model', 'IntelliVue MX800', 0.9], ['type', 'patient-monitor', 0.9]).map(
      item => ({
        ...item,
        behind: true,
      }),
    );
    const verdict = classify(behind);
    expect([verdict.type, verdict.model]).toEqual([undefined, undefined]);
    expect(verdict.candidates.map(({ type }) => type)).toEqual(['gateway']);
    expect(classify([...behind, ...evidence(['hl7_application', 'MONGW'])]).type).toBe('gateway');
  });

  it('names a maker by all that is said for it, and no false friend', () => {
    const vendor = (...items: Short[]) => classify(evidence(...items)).vendor;
    expect(vendor(['vendor', 'GE MEDICAL SYSTEMS', 0.9, 'dicom'], ['vendor', 'Dell', 0.3, 'oui'])).toBe(
      'GE Healthcare',
    );
    expect(vendor(['vendor', 'PYXIS S.R.L.', 0.9, 'ssdp'])).toBeUndefined();
    const friend = classify(evidence(['vendor', 'Contec GmbH', 0.9]));
    expect(friend.asides.map(({ why }) => why)).toEqual(['only sounds like Contec']);
    expect(vendor(['vendor', ' Some\u001b[2J  maker\n', 0.9])).toBe('Some [2J maker');
  });

  it('shows a model of images beside the maker that they or the product name, and says when makers are at odds', () => {
    const named = (...items: Short[]) => {
      const { vendor, model } = classify(evidence(...items));
      return [vendor, model];
    };
    const card: Short = ['vendor', 'Philips', 0.3, 'oui'];
    const model: Short = ['model', 'SOMATOM', 0.6, 'dicom'];
    expect(named(card, model)).toEqual(['Philips', undefined]);
    expect(named(card, ['vendor', 'Siemens', 0.6, 'dicom'], model)).toEqual([
      'Siemens Healthineers',
      'SOMATOM',
    ]);
    expect(named(['vendor', 'Siemens Healthineers', 0.3, 'oui'], model)).toEqual([
      'Siemens Healthineers',
      'SOMATOM',
    ]);
    const odds: Short[] = [['vendor', 'Siemens', 0.6, 'dicom'], ['vendor', 'Philips', 0.9, 'upnp'], model];
    expect(named(...odds)).toEqual(['Philips', undefined]);
    expect(named(...odds, ['model', 'Azurion', 0.5, 'upnp'])).toEqual(['Philips', 'Azurion']);
    expect(classify(evidence(...odds)).reason).toContain(
      'its makers are at odds: Philips, Siemens Healthineers',
    );
    expect(classify(evidence(card, odds[0]!)).reason).not.toContain('at odds');
    // Reasons are not masked: they hold no text of the wire.
    const wire = evidence(odds[0]!, ['vendor', 'Jane Roe', 0.6, 'upnp'], ['vendor', 'John Doe', 0.6, 'upnp']);
    expect(classify(wire).reason).toContain('Siemens Healthineers, 2 not in the table of makers');
    expect(classify(wire).reason).not.toMatch(/Roe|Doe/);
    const behind = evidence(['vendor', 'Siemens', 0.6, 'dicom'], ['vendor', 'Philips', 0.6, 'dicom']);
    expect(classify(behind.map(item => ({ ...item, behind: true }))).reason).toContain(
      'the images it passes on name several makers: Philips, Siemens Healthineers',
    );
    // Perhaps its own: too little to name a maker or model by.
    expect(named(['vendor', 'Siemens', 0.25, 'dicom'], ['model', 'SOMATOM', 0.25, 'dicom'])).toEqual([
      undefined,
      undefined,
    ]);
  });

  const arbitrary = fc.array(
    fc.record({
      attribute: fc.constantFrom(
        'type',
        'host_name',
        'ae_title',
        'model',
        'category',
        'role',
        'vendor',
        'cloud',
        'service',
      ),
      value: fc.constantFrom(
        ...[
          'ct',
          'pacs',
          'ventilator',
          'ct-01',
          'pump',
          'IntelliVue',
          'monitor/imaging',
          'answers ipp',
          'GE MEDICAL',
        ],
        ...['share2.dexcom.com', '_ipp._tcp', 'imaging', 'server', 'x'],
      ),
      source: fc.constantFrom('dicom', 'dns', 'oui', 'hl7'),
      confidence: fc.constantFrom(0.2, 0.3, 0.5, 0.7, 0.9),
      behind: fc.boolean(),
    }),
    { maxLength: 12 },
  );

  it('does not depend on the order of evidence', () => {
    fc.assert(
      fc.property(arbitrary, fc.nat(), (items, seed) => {
        const turned = items.map((_, i) => items[(i + seed) % items.length]!);
        const verdict = classify(items);
        expect(classify(turned)).toEqual(verdict);
        expect(classify(items.toReversed())).toEqual(verdict);
      }),
    );
  });

  it('never gives a type below the threshold or too close to another, and knows every type it gives', () => {
    fc.assert(
      fc.property(arbitrary, items => {
        const { type, confidence, candidates } = classify(items);
        if (type === undefined) return;
        expect(DEVICE_TYPES.has(type)).toBe(true);
        expect(confidence).toBeGreaterThanOrEqual(TYPE_CONFIDENCE);
        expect(
          candidates.every(({ counted }) =>
            counted.every(({ evidence: item }) => (items as readonly Evidence[]).includes(item)),
          ),
        ).toBe(true);
      }),
    );
    expect(MARGIN).toBeGreaterThan(0);
  });
});

describe('EvidenceList', () => {
  it('is the same in any order: what is said twice is once there, from where it was first', () => {
    const item = { attribute: 'model', value: 'X', source: 'a', confidence: 0.5 };
    const items = [
      { ...item, time: 5, frame: 9, confidence: 0.7 },
      { ...item, time: 3, frame: 4 },
      { ...item, time: 3, frame: 2 },
      { ...item, behind: true },
    ];
    const list = (all: typeof items) => {
      const result = new EvidenceList();
      for (const each of all) result.add(each);
      return result.list();
    };
    expect(list(items)).toEqual([
      { ...item, confidence: 0.7, frame: 2 },
      { ...item, behind: true },
    ]);
    expect(list(items.toReversed())).toEqual(list(items));
  });
});

describe('the tables', () => {
  it('give types that exist', () => {
    const general = [...GENERAL_TYPES].flatMap(([name, specials]) => [name, ...specials]);
    for (const type of [
      ...PRODUCT_ROWS.map(row => row[2]),
      ...NAME_ROWS.map(row => row[0]),
      ...SERVICE_ROWS.map(row => row[2]),
      ...general,
    ])
      expect([type, DEVICE_TYPES.has(type)]).toEqual([type, true]);
  });

  it('name services that exist', () => {
    const names = new Set([...PROTOCOLS.map(({ name }) => name), 'ipp']);
    expect(SERVICE_ROWS.filter(([name]) => !names.has(name))).toEqual([]);
  });

  it.each([
    ['XN1000', 'lab-analyzer'],
    ['SOMATOM Force', 'ct'],
    ['CMS8000', 'patient-monitor'],
    ['cobas b 221', 'poc-analyzer'],
    ['cobas-e411', 'lab-analyzer'],
    ['Digi PortServer TS 4', 'terminal-server'],
    ['Mozilla/5.0 (Windows NT 10.0; Win64)', 'workstation'],
    ['MSFT 5.0', 'workstation'],
    ['DIRECT', undefined],
    ['Signature', undefined],
  ])('product %s', (text, type) => expect(productIn(text)?.type).toBe(type));

  it.each([
    ['ct-01.hospital.example', 'ct'],
    ['PACS01', 'pacs'],
    ['mon-gw', 'gateway'],
    ['MONGW', 'gateway'],
    ['files-01', 'server'],
    ['direct', undefined],
    ['host.ct.example', undefined],
    ['Anna’s phone', undefined],
    ['Maria-iPhone', 'mobile'],
    ['', undefined],
  ])('name %s', (name, type) => expect(nameWord(name)?.type).toBe(type));
});
