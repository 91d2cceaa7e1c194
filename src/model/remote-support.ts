/**
 * Tools for remote support by the names they use: domains of their services, and words in the user agents they send.
 * A domain stands for its subdomains too. A name alone says that somebody looked at a website; a name that only
 * the running program needs (`relays`) says more.
 *
 * A tool is listed with domains its vendor names for firewalls. Not listed: names shared with other products.
 */

/** One tool. */
export interface RemoteSupportTool {
  readonly tool: string;
  /** Domains of the vendor's website and services. */
  readonly domains: readonly string[];
  /** Domains that only the running program uses. */
  readonly relays?: readonly string[];
  /** Words of user agents, in lower case. */
  readonly agents?: readonly string[];
}

export const REMOTE_SUPPORT_TOOLS: readonly RemoteSupportTool[] = [
  {
    tool: 'TeamViewer',
    domains: ['teamviewer.com'],
    relays: ['router.teamviewer.com', 'dyngate.com', 'master.teamviewer.com'],
    agents: ['teamviewer', 'dyngate'],
  },
  { tool: 'AnyDesk', domains: ['anydesk.com'], relays: ['net.anydesk.com'], agents: ['anydesk'] },
  {
    tool: 'ScreenConnect',
    domains: ['screenconnect.com', 'hostedrmm.com'],
    relays: ['relay.screenconnect.com'],
    agents: ['screenconnect', 'connectwisecontrol'],
  },
  {
    tool: 'RustDesk',
    domains: ['rustdesk.com'],
    relays: ['rs-ny.rustdesk.com', 'rs-sg.rustdesk.com', 'rs-cn.rustdesk.com'],
    agents: ['rustdesk'],
  },
  {
    tool: 'Splashtop',
    domains: ['splashtop.com'],
    relays: ['relay.splashtop.com', 'api.splashtop.com'],
    agents: ['splashtop'],
  },
  {
    tool: 'LogMeIn',
    domains: ['logmein.com', 'logmein-gateway.com', 'logmeinrescue.com', 'logmeinusercontent.com'],
    relays: ['control.app.logmein.com', 'logmein-gateway.com'],
    agents: ['logmein'],
  },
  {
    tool: 'GoToAssist',
    domains: ['gotoassist.com', 'gotoassist.me', 'fastsupport.com'],
    agents: ['gotoassist'],
  },
  {
    tool: 'VNC Connect',
    domains: ['realvnc.com'],
    relays: ['services.vnc.com', 'api.vnc.com'],
    agents: ['realvnc'],
  },
  {
    tool: 'BeyondTrust',
    domains: ['bomgarcloud.com', 'beyondtrustcloud.com'],
    relays: ['bomgarcloud.com', 'beyondtrustcloud.com'],
    agents: ['bomgar'],
  },
  {
    tool: 'Chrome Remote Desktop',
    domains: ['remotedesktop.google.com'],
    relays: ['remotedesktop-pa.googleapis.com'],
  },
  { tool: 'Quick Assist', domains: ['remoteassistance.support.services.microsoft.com'] },
  { tool: 'Zoho Assist', domains: ['assist.zoho.com', 'assist.zoho.eu'] },
  { tool: 'Supremo', domains: ['supremocontrol.com'], agents: ['supremo'] },
  { tool: 'Ammyy Admin', domains: ['ammyy.com'], relays: ['rl.ammyy.com'], agents: ['ammyy'] },
  { tool: 'Atera', domains: ['atera.com'], relays: ['agent-api.atera.com'] },
  { tool: 'NinjaOne', domains: ['ninjarmm.com', 'ninjaone.com'], relays: ['agent.ninjarmm.com'] },
  { tool: 'DWService', domains: ['dwservice.net'], agents: ['dwagent'] },
  { tool: 'Remote Utilities', domains: ['remoteutilities.com'], relays: ['id.remoteutilities.com'] },
  { tool: 'ISL Online', domains: ['islonline.com', 'islonline.net'], relays: ['islonline.net'] },
  { tool: 'GetScreen', domains: ['getscreen.me'] },
  { tool: 'HopToDesk', domains: ['hoptodesk.com'], relays: ['signal.hoptodesk.com'] },
  { tool: 'AeroAdmin', domains: ['aeroadmin.com'], agents: ['aeroadmin'] },
  { tool: 'MeshCentral', domains: ['meshcentral.com'], agents: ['meshagent'] },
];

/** A tool that a name or a user agent gives away. */
export interface RemoteSupportMatch {
  readonly tool: string;
  /** Only the running program uses it. */
  readonly running: boolean;
}

const BY_DOMAIN = new Map<string, RemoteSupportMatch>();
for (const { tool, domains, relays = [] } of REMOTE_SUPPORT_TOOLS) {
  for (const domain of domains) BY_DOMAIN.set(domain, { tool, running: false });
  for (const relay of relays) BY_DOMAIN.set(relay, { tool, running: true });
}
const BY_AGENT = REMOTE_SUPPORT_TOOLS.flatMap(({ tool, agents = [] }) =>
  agents.map(agent => [agent, { tool, running: true }] as const),
);

/** Labels of a name that are looked at, from its end. */
const MAX_LABELS = 8;

/** The tool a host name belongs to, on label boundaries; the longest listed domain decides. */
export function remoteSupportDomain(name: string): RemoteSupportMatch | undefined {
  const labels = name
    .toLowerCase()
    .replace(/[.:]*(?::\d+)?$/, '')
    .split('.')
    .slice(-MAX_LABELS);
  for (let from = 0; from + 1 < labels.length; from++) {
    const match = BY_DOMAIN.get(labels.slice(from).join('.'));
    if (match !== undefined) return match;
  }
  return undefined;
}

/** The tool that sends a user agent. */
export function remoteSupportAgent(agent: string): RemoteSupportMatch | undefined {
  const lower = agent.slice(0, 512).toLowerCase();
  return BY_AGENT.find(([word]) => lower.includes(word))?.[1];
}
