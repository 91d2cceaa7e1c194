/**
 * What an object says of the equipment that made it (PS3.3 section C.7.5.1), as `device` records of the side that sends it.
 * A modality sends its own; an archive passes on what others made (`behind`).
 */
import type { Direction, FlowContext } from '../../../model/protocol.ts';
import type { Equipment } from './tags.ts';

const ATTRIBUTES = [
  ['manufacturer', 'vendor'],
  ['model', 'model'],
  ['device_serial', 'serial'],
  ['software_versions', 'software'],
  ['station_name', 'host_name'],
  ['station_ae', 'ae_title'],
] as const;

/** @param behind the side passes on objects of equipment behind it */
export function reportEquipment(
  flow: FlowContext,
  side: Direction,
  equipment: Equipment,
  behind: boolean,
): void {
  for (const [field, attribute] of ATTRIBUTES) {
    const value = equipment[field];
    if (value !== undefined) flow.identity({ side, attribute, value, behind });
  }
}
