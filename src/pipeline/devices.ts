/** `devices`: the first phase, and who was seen in it. */
import type { Device } from '../model/device.ts';
import { type Analysed, type AnalyseOptions, decodeAll, directoryOf, summary } from './phases.ts';
import { maskDevices, numberTokens } from './present.ts';

export interface DevicesResult extends Analysed {
  readonly devices: readonly Device[];
}

/**
 * Decodes and says who is on the network.
 * @param unseen list the devices of the inventory that sent nothing, too
 */
export async function devices(
  options: AnalyseOptions & { readonly unseen: boolean },
): Promise<DevicesResult> {
  const decoded = await decodeAll(options, undefined, true);
  try {
    numberTokens(decoded.store, decoded.tokens);
    const directory = await directoryOf(options.inventory, decoded);
    return {
      ...summary(decoded, directory.limits()),
      devices: maskDevices(directory.devices({ unseen: options.unseen }), decoded.tokens),
    };
  } finally {
    decoded.store.close();
  }
}
