import { describe, expect, it } from 'vitest';
import { DEVICE_TYPES } from '../../src/devices/types.ts';
import { CRITICALITIES } from '../../src/model/device.ts';

describe('DEVICE_TYPES', () => {
  it('uses the words of the model and describes each type in one line', () => {
    for (const [name, { criticality, doc }] of DEVICE_TYPES) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(CRITICALITIES).toContain(criticality);
      expect(doc).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('counts devices and the systems that are part of them as medical, and nothing else', () => {
    const medical = [
      'infusion-pump',
      'ventilator',
      'patient-monitor',
      'ct',
      'pacs',
      'central-station',
      'terminal-server',
    ];
    const general = ['workstation', 'server', 'resolver', 'gateway', 'ehr', 'interface-engine', 'unknown'];
    expect(medical.filter(name => !DEVICE_TYPES.get(name)?.medical)).toEqual([]);
    expect(general.filter(name => DEVICE_TYPES.get(name)?.medical !== false)).toEqual([]);
  });

  it('gives nothing medical the criticality of what is not part of care', () => {
    for (const { medical, criticality } of DEVICE_TYPES.values())
      if (medical) expect(criticality).not.toBe('none');
  });
});
