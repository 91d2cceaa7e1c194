/** `devices`: the first phase, and who was seen in it, or why one of them is thought to be what it is. */
import type { Directory } from '../devices/directory.ts';
import { nearest, UserError } from '../errors.ts';
import type { Device, Explanation } from '../model/device.ts';
import { type Analysed, type AnalyseOptions, decodeAll, directoryOf, summary } from './phases.ts';
import { maskDevices, maskExplanations, numberTokens } from './present.ts';

export interface DevicesResult extends Analysed {
  readonly devices: readonly Device[];
  /** Of the host that was asked for; several when its address changed hands. */
  readonly explanations: readonly Explanation[];
}

/**
 * Decodes and says who is on the network.
 * @param unseen list the devices of the inventory that sent nothing, too
 * @param explain name, address or MAC address of a host to explain
 * @throws UserError when that names nobody who was seen
 */
export async function devices(
  options: AnalyseOptions & { readonly unseen: boolean; readonly explain?: string | undefined },
): Promise<DevicesResult> {
  const decoded = await decodeAll(options, undefined, true);
  try {
    numberTokens(decoded.store, decoded.tokens);
    const directory = await directoryOf(options.inventory, decoded);
    const { explain, unseen } = options;
    return {
      ...summary(decoded, directory.limits()),
      devices: maskDevices(directory.devices({ unseen }), decoded.tokens),
      explanations:
        explain === undefined ? [] : maskExplanations(explanations(directory, explain), decoded.tokens),
    };
  } finally {
    decoded.store.close();
  }
}

function explanations(directory: Directory, word: string): readonly Explanation[] {
  const found = directory.explain(word);
  if (found.length > 0) return found;
  const near = nearest(
    word,
    directory.devices().flatMap(({ name, ips, macs }) => [name, ...ips, ...macs]),
  );
  throw new UserError([
    {
      message: `no host “${word}” was seen`,
      hint:
        near === undefined
          ? 'give a name of the inventory, an address, a MAC address or a name the host was called by'
          : `did you mean ${near}?`,
    },
  ]);
}
