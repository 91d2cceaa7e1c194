/**
 * Services on the internet that medical devices for consumers, or their apps, talk to: who contacts one is the device or,
 * more often, the phone of somebody who has it. So what is recognised is a companion: `companion (phone or device) of …`.
 * A name stands for its subdomains; labels are compared whole.
 *
 * Names were seen in public client code of these products, or in captures of them (data set of Mashnoor and Charyyev,
 * 2024); they are no promise of the vendor. `companies` are domains of the maker's website and support as well: visiting
 * them says little. Left out because no host of a device cloud is verified: Omron, Masimo, Tandem, Insulet, Roche; and
 * because cameras and plugs use the same: the Wyze scale.
 */
import { type NamedTool, ToolNames } from '../model/named-tools.ts';

/** What contacting a service says. */
export interface MedicalCloud {
  /** Product family, for people. */
  readonly product: string;
  readonly vendor: string;
  /** Device type of who contacts it. */
  readonly type: string;
}

interface Row extends MedicalCloud {
  /** Hosts and domains that only device and app use. */
  readonly services: readonly string[];
  readonly companies: readonly string[];
}

/** The table. */
export const CLOUD_ROWS: readonly Row[] = [
  {
    // Scale, blood-pressure monitor, sleep mat: public client code of Withings devices; MUD profiles of the scale.
    product: 'Withings health device',
    vendor: 'Withings',
    type: 'health-companion',
    services: [
      'scalews.withings.com',
      'scalews.withings.net',
      'maintws.withings.net',
      'inappviews.withings.com',
    ],
    companies: ['withings.com', 'withings.net'],
  },
  {
    // The hosts that the CareLink app pins.
    product: 'MiniMed insulin pump (CareLink)',
    vendor: 'Medtronic',
    type: 'insulin-pump-companion',
    services: ['minimed.com', 'minimed.eu', 'carelink-content.medtronic.com'],
    companies: [],
  },
  {
    // Dexcom Share, in and outside the United States.
    product: 'Dexcom glucose sensor (Share)',
    vendor: 'Dexcom',
    type: 'cgm-companion',
    services: ['share2.dexcom.com', 'shareous1.dexcom.com', 'share.dexcom.jp'],
    companies: ['dexcom.com', 'dexcom.jp'],
  },
  {
    product: 'FreeStyle Libre glucose sensor (LibreView)',
    vendor: 'Abbott',
    type: 'cgm-companion',
    services: [
      'api.libreview.io',
      'api-us.libreview.io',
      'api-eu.libreview.io',
      'api-eu2.libreview.io',
      'api-de.libreview.io',
    ],
    companies: ['libreview.io', 'libreview.com'],
  },
  {
    product: 'iHealth device',
    vendor: 'Andon Health',
    type: 'health-companion',
    services: ['api.ihealthlabs.com', 'sandboxapi.ihealthlabs.com', 'api.ihealthlabs.com.cn'],
    companies: ['ihealthlabs.com', 'ihealthlabs.com.cn'],
  },
  {
    // Seen in captures of the device.
    product: 'KardiaMobile electrocardiograph',
    vendor: 'AliveCor',
    type: 'health-companion',
    services: [
      'app.alivecor.com',
      'us-kardia-production.alivecor.com',
      'us-telekardia-production.alivecor.com',
    ],
    companies: ['alivecor.com'],
  },
  {
    // Seen in captures of the device.
    product: 'Fitbit tracker',
    vendor: 'Fitbit',
    type: 'health-companion',
    services: ['android-api.fitbit.com', 'android-cdn-api.fitbit.com', 'fsc.fitbit.com'],
    companies: ['fitbit.com'],
  },
  {
    // Seen in captures of the device.
    product: 'Medical Guardian emergency call',
    vendor: 'Medical Guardian',
    type: 'health-companion',
    services: ['mymedicalguardian.com'],
    companies: [],
  },
  {
    // Seen in captures of the device.
    product: 'Ketoscan breath analyzer',
    vendor: 'Sentech',
    type: 'health-companion',
    services: ['kminiapp.sentechkorea.com'],
    companies: ['sentechkorea.com'],
  },
  {
    // Seen in captures of the device.
    product: 'Sense-U baby monitor',
    vendor: 'Sense-U',
    type: 'baby-monitor',
    services: ['v2.sense-u.com'],
    companies: ['sense-u.com'],
  },
];

const NAMES = new ToolNames(
  CLOUD_ROWS.map(
    ({ product, services, companies }): NamedTool => ({
      tool: product,
      domains: companies,
      relays: services,
    }),
  ),
);
const BY_PRODUCT = new Map<string, MedicalCloud>(CLOUD_ROWS.map(row => [row.product, row]));

/** The service a host name belongs to, and whether only device and app use it. */
export function medicalCloud(
  name: string,
): { readonly cloud: MedicalCloud; readonly service: boolean } | undefined {
  const match = NAMES.domain(name);
  const cloud = match && BY_PRODUCT.get(match.tool);
  return cloud && { cloud, service: match.running };
}
