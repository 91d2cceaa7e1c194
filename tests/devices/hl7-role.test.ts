import { describe, expect, it } from 'vitest';
import { Hl7Facts, hl7Evidence, messageCode } from '../../src/devices/hl7-role.ts';

function typeOf(
  sent: readonly string[],
  received: readonly string[],
  acknowledges = false,
): [string, number] | undefined {
  const facts = new Hl7Facts();
  for (const code of sent) facts.sent.add(code);
  for (const code of received) facts.received.add(code);
  facts.acknowledges = acknowledges;
  const type = hl7Evidence(facts).find(({ attribute }) => attribute === 'type');
  return type && [type.value, type.confidence];
}

describe('hl7Evidence', () => {
  it('takes who receives and acknowledges for an interface engine, more so when it sends on', () => {
    expect(typeOf([], ['ORU'], true)).toEqual(['interface-engine', 0.5]);
    expect(typeOf(['ORU'], ['ORU'], true)).toEqual(['interface-engine', 0.6]);
    expect(typeOf([], ['ORU'], false)).toBeUndefined();
    expect(typeOf([], [], true)).toBeUndefined();
  });

  it('hints at a record system, and makes no type of who sends results', () => {
    expect(typeOf(['ADT'], [])).toEqual(['ehr', 0.4]);
    expect(typeOf(['ORM', 'ORU'], [])).toEqual(['ehr', 0.4]);
    expect(typeOf(['ORU'], [])).toBeUndefined();
  });

  it('lists roles', () => {
    const facts = new Hl7Facts();
    facts.sent.add('ORU');
    facts.received.add('ADT');
    expect(hl7Evidence(facts).map(({ attribute, value }) => `${attribute} ${value}`)).toEqual([
      'role hl7 sends ORU',
      'role hl7 receives ADT',
    ]);
  });
});

describe('messageCode', () => {
  it('takes the codes of the standard only', () => {
    expect(messageCode('ORU')).toBe('ORU');
    expect(messageCode('Z01')).toBe('Z01');
    for (const text of [undefined, '', 'oru', 'ORUS', 'OR', 'O R', '\u001b[2'])
      expect(messageCode(text)).toBeUndefined();
  });
});
