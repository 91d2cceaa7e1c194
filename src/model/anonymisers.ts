/**
 * Anonymisers, VPN services for persons and tunnels that lead past a firewall, by the names they use (`named-tools.ts`),
 * and the names that Tor makes up. On a device segment none of them has any business.
 *
 * Tor invents names for its TLS: the client asks for `www.`, 4 to 25 random characters of base32 and `.com`; a relay shows
 * a certificate for `www.`, 8 to 20 of them and `.net`, issued by such a name with `.com` (tor-spec, and crypto_random_hostname
 * in its source). The pair of names in a certificate is hardly chance. A name that is asked for may be a company's: it
 * counts when it looks random, and more on a port where relays listen.
 */
import { type NamedTool, ToolNames } from './named-tools.ts';

export const ANONYMISER_TOOLS: readonly NamedTool[] = [
  { tool: 'Tor', domains: ['torproject.org'], relays: ['onion', 'bridges.torproject.org'] },
  { tool: 'I2P', domains: ['geti2p.net', 'i2p-projekt.de'], relays: ['i2p', 'reseed.i2p-projekt.de'] },
  { tool: 'Hyphanet', domains: ['hyphanet.org', 'freenetproject.org'] },
  { tool: 'Psiphon', domains: ['psiphon.ca', 'psiphon3.com'], agents: ['psiphon'] },
  { tool: 'Ultrasurf', domains: ['ultrasurf.us'] },
  { tool: 'Lantern', domains: ['getlantern.org', 'lantern.io'], relays: ['iantem.io'] },
  { tool: 'Hola', domains: ['hola.org'], relays: ['client.hola.org', 'perr.hola.org'] },
  { tool: 'NordVPN', domains: ['nordvpn.com'], relays: ['api.nordvpn.com'], agents: ['nordapp'] },
  { tool: 'Proton VPN', domains: ['protonvpn.com'], relays: ['protonvpn.net', 'vpn-api.proton.me'] },
  { tool: 'Mullvad', domains: ['mullvad.net'], relays: ['api.mullvad.net', 'relays.mullvad.net'] },
  { tool: 'ExpressVPN', domains: ['expressvpn.com'], agents: ['expressvpn'] },
  { tool: 'Surfshark', domains: ['surfshark.com'], relays: ['prod.surfshark.com'], agents: ['surfshark'] },
  { tool: 'CyberGhost', domains: ['cyberghostvpn.com'], agents: ['cyberghost'] },
  { tool: 'Private Internet Access', domains: ['privateinternetaccess.com'], relays: ['privacy.network'] },
  { tool: 'Hotspot Shield', domains: ['hotspotshield.com', 'hsselite.com'], agents: ['hotspotshield'] },
  { tool: 'TunnelBear', domains: ['tunnelbear.com'], relays: ['api.tunnelbear.com'], agents: ['tunnelbear'] },
  { tool: 'Windscribe', domains: ['windscribe.com'], relays: ['api.windscribe.com'], agents: ['windscribe'] },
  { tool: 'Cloudflare WARP', domains: ['cloudflarewarp.com'], relays: ['cloudflareclient.com'] },
  {
    tool: 'Tailscale',
    domains: ['tailscale.com', 'tailscale.io'],
    relays: ['controlplane.tailscale.com', 'log.tailscale.io', 'ts.net'],
    agents: ['tailscale'],
  },
  { tool: 'ZeroTier', domains: ['zerotier.com'], relays: ['my.zerotier.com', 'root.zerotier.com'] },
  {
    tool: 'ngrok',
    domains: ['ngrok.com'],
    relays: ['ngrok-agent.com', 'tunnel.ngrok.com', 'ngrok.io', 'ngrok-free.app', 'ngrok.app'],
    agents: ['ngrok'],
  },
];

/** Looks names and user agents up. */
export const ANONYMISERS = new ToolNames(ANONYMISER_TOOLS);

/** Ports of Tor's relays and directories as its manual has them. */
const TOR_PORTS = new Set([9001, 9030, 9090, 9101]);

/** Longest run without a vowel that names of companies have, and their smallest share of vowels. */
const MAX_CONSONANTS = 5;
const MIN_VOWELS = 0.2;

/** How sure a name in a TLS hello speaks for Tor; undefined when it does not. */
export function torHello(serverName: string, port: number): 'medium' | 'low' | undefined {
  const label = /^www\.([a-z2-7]{4,25})\.com$/.exec(serverName)?.[1];
  if (label === undefined) return undefined;
  if (TOR_PORTS.has(port)) return 'medium';
  return looksRandom(label) ? 'low' : undefined;
}

/** Whether a certificate has the pair of names that Tor's relays make up. */
export function isTorCertificate(subject: string, issuer: string): boolean {
  const own = /^CN=www\.([a-z2-7]{8,20})\.net$/.exec(subject)?.[1];
  const other = /^CN=www\.([a-z2-7]{8,20})\.com$/.exec(issuer)?.[1];
  return own !== undefined && other !== undefined && own !== other;
}

/** Whether a path is one that Tor's directories serve (dir-spec). */
export function isTorDirectoryPath(path: string): boolean {
  return /^\/tor\/(?:server|extra|keys|micro|status-vote|rendezvous2|hs)\//.test(path);
}

/** Digits and few vowels, in long runs without any: nobody could say it. */
function looksRandom(label: string): boolean {
  const vowels = label.match(/[aeiouy]/g)?.length ?? 0;
  const longest = Math.max(...label.split(/[aeiouy]/).map(run => run.length));
  return /[2-7]/.test(label) && vowels / label.length < MIN_VOWELS && longest > MAX_CONSONANTS;
}
