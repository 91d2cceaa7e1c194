/**
 * Tools for remote support by the names they use (`named-tools.ts`).
 *
 * A tool is listed with domains its vendor names for firewalls. Not listed: names shared with other products.
 */
import { type NamedTool, ToolNames } from './named-tools.ts';

export const REMOTE_SUPPORT_TOOLS: readonly NamedTool[] = [
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

/** Looks names and user agents up. */
export const REMOTE_SUPPORT = new ToolNames(REMOTE_SUPPORT_TOOLS);
