import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonEvents } from '../../src/protocols/json-events.ts';
import { expectLinear, repeated } from '../support/decoder-laws.ts';
import { bytesOf } from '../support/fake-flow.ts';

type Event = readonly [string, string?];

function eventsOf(
  text: string | Uint8Array,
  segment = Number.POSITIVE_INFINITY,
  maxValue = 1 << 20,
): Event[] {
  const events: Event[] = [];
  const scanner = new JsonEvents(
    {
      enter: name => events.push([`{${name}`]),
      leave: () => events.push(['}']),
      wants: name => name !== 'skip',
      value: (name, value) => events.push([name, value]),
    },
    maxValue,
  );
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  for (let at = 0; at < bytes.length; at += Math.min(segment, bytes.length))
    scanner.feed(bytes, at, Math.min(bytes.length, at + segment));
  scanner.end();
  return events;
}

/** The same events from the parser of the language. */
function expected(value: unknown, name = ''): Event[] {
  if (Array.isArray(value)) return value.flatMap(item => expected(item, name));
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).flatMap(([key, member]) => expected(member, key));
    return [[`{${name}`], ...members, ['}']];
  }
  return [[name, typeof value === 'string' ? value : JSON.stringify(value)]];
}

describe('JSON events', () => {
  it('are those of the whole text, however it is cut', () => {
    // Names as long as are kept, none that is left out, and no lone surrogates, which UTF-8 cannot carry.
    const text = fc.string({ unit: 'grapheme', maxLength: 20 });
    const { tree } = fc.letrec(tie => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        text,
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 12 }), tie('tree'), {
          maxKeys: 4,
        }),
      ),
    }));
    fc.assert(
      fc.property(tree, fc.integer({ min: 1, max: 9 }), fc.constantFrom(0, 1), (value, segment, indent) => {
        fc.pre(!JSON.stringify(value).includes('"__proto__"'));
        const json = JSON.stringify(value, undefined, indent);
        expect(eventsOf(json, segment)).toEqual(expected(JSON.parse(json)));
      }),
      { numRuns: 500 },
    );
  });

  it('undo escapes', () => {
    expect(eventsOf('{"a":"\\u00e9\\n\\"\\\\\\/ü"}')).toEqual([['{'], ['a', 'é\n"\\/ü'], ['}']]);
  });

  it('keep the beginning of a long value, and leave out what is not wanted', () => {
    const text = `{"a":"${'x'.repeat(500)}","skip":"y","b":1}`;
    expect(eventsOf(text, 7, 100)).toEqual([['{'], ['a', 'x'.repeat(100)], ['b', '1'], ['}']]);
  });

  it('go on from one text to the next', () => {
    expect(eventsOf('{"a":1}\n{"a":2}\n')).toEqual([['{'], ['a', '1'], ['}'], ['{'], ['a', '2'], ['}']]);
  });

  it('stop at a depth that nobody needs', () => {
    const deep = `${'{"a":'.repeat(200)}1${'}'.repeat(200)}{"b":2}`;
    const events = eventsOf(deep);
    expect(events.filter(([name]) => name.startsWith('{'))).toHaveLength(65);
    expect(events.slice(-3)).toEqual([['{'], ['b', '2'], ['}']]);
  });

  it('survive anything', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 50 }), (bytes, segment) => {
        eventsOf(bytes, segment);
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...'{}[]",:\\u0a1 '), { maxLength: 80 }), characters => {
        eventsOf(characters.join(''), 3);
      }),
    );
  });

  it('take linear time', () => {
    expectLinear(n => eventsOf(repeated('{"name":[{"family":"x","given":["y"]}],', n), 1400), 200_000);
    expectLinear(n => eventsOf(bytesOf(`"${'\\'.repeat(n)}`), 1400), 200_000);
  });
});
