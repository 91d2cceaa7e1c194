import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { XmlEvents } from '../../src/protocols/xml-events.ts';
import { expectLinear, repeated } from '../support/decoder-laws.ts';
import { bytesOf } from '../support/fake-flow.ts';

function eventsOf(text: string | Uint8Array, segment = Number.POSITIVE_INFINITY): string[] {
  const events: string[] = [];
  const scanner = new XmlEvents({
    enter(name, attribute) {
      const value = attribute('value');
      events.push(value === undefined ? `<${name}>` : `<${name} ${value}>`);
    },
    leave: (name, content) => events.push(`</${name}>${content}`),
  });
  const bytes = bytesOf(text);
  for (let at = 0; at < bytes.length; at += Math.min(segment, bytes.length))
    scanner.feed(bytes, at, Math.min(bytes.length, at + segment));
  return events;
}

const DOCUMENT =
  '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE a [<!ENTITY x "y>z"> ]>\n' +
  '<!-- don\'t -- "quote > -->\n<h:a xmlns:h="urn:x" value="1 &lt; 2"><b c:value=\'it"s\'/>' +
  '<c>one &amp; <![CDATA[two ]] > <three>]]></c><!----><d>x<e/>y</d></h:a>';

describe('XML events', () => {
  it('are those of the document, however it is cut', () => {
    const whole = [
      '<a 1 < 2>',
      '<b it"s>',
      '</b>',
      '<c>',
      '</c>one & two ]] > <three>',
      '<d>',
      '<e>',
      '</e>',
      '</d>y',
      '</a>',
    ];
    for (const segment of [1, 2, 3, 5, 8, 13, 1000]) expect(eventsOf(DOCUMENT, segment)).toEqual(whole);
  });

  it('resolve references to characters, and no entities of the document', () => {
    expect(eventsOf('<a value="&#233;&#xe9;&x;&#0;"/>')[0]).toBe('<a éé&x;&#0;>');
  });

  it('stop at a depth that nobody needs', () => {
    const events = eventsOf(`${'<a>'.repeat(200)}${'</a>'.repeat(200)}<b/>`);
    expect(events.filter(event => event === '<a>')).toHaveLength(64);
    expect(events.slice(-2)).toEqual(['<b>', '</b>']);
  });

  it('survive anything', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 50 }), (bytes, segment) => {
        eventsOf(bytes, segment);
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...'<>/!?-[]&;"\'=aC '), { maxLength: 80 }), characters => {
        eventsOf(characters.join(''), 3);
      }),
    );
  });

  it('take linear time', () => {
    expectLinear(n => eventsOf(repeated('<name value="x"><given>y</given>', n), 1400), 200_000);
    expectLinear(n => eventsOf(repeated('<!-', n), 1400), 200_000);
    expectLinear(n => eventsOf(bytesOf(`<${'a="'.repeat(n)}`), 1400), 100_000);
  });
});
