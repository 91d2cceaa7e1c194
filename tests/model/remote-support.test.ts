import { describe, expect, it } from 'vitest';
import { ANONYMISER_TOOLS } from '../../src/model/anonymisers.ts';
import { REMOTE_SUPPORT, REMOTE_SUPPORT_TOOLS } from '../../src/model/remote-support.ts';

describe('remote support by domain', () => {
  it.each([
    ['teamviewer.com', 'TeamViewer', false],
    ['Router7.TeamViewer.com', 'TeamViewer', false],
    ['eu.router.teamviewer.com.', 'TeamViewer', true],
    ['relay-1a2b.net.anydesk.com', 'AnyDesk', true],
    ['instance-x-relay.screenconnect.com:443', 'ScreenConnect', false],
    ['a.b.c.d.e.f.g.h.i.rustdesk.com', 'RustDesk', false],
  ])('knows %s', (name, tool, running) => {
    expect(REMOTE_SUPPORT.domain(name)).toEqual({ tool, running });
  });

  it.each(['', 'com', 'notteamviewer.com', 'teamviewer.com.example', 'example.org'])(
    'does not know %j',
    name => {
      expect(REMOTE_SUPPORT.domain(name)).toBeUndefined();
    },
  );

  it('lists names in lower case, each for one tool', () => {
    const names = [...REMOTE_SUPPORT_TOOLS, ...ANONYMISER_TOOLS].flatMap(
      ({ tool, domains, relays = [], agents = [] }) =>
        [...new Set([...domains, ...relays, ...agents.map(agent => `agent ${agent}`)])].map(name => ({
          tool,
          name,
        })),
    );
    expect(names.filter(({ name }) => name !== name.toLowerCase())).toEqual([]);
    expect(new Set(names.map(({ name }) => name)).size).toBe(names.length);
  });
});

describe('remote support by user agent', () => {
  it.each([
    ['Mozilla/4.0 (compatible; MSIE 6.0; DynGate)', 'TeamViewer'],
    ['AnyDesk/7.0', 'AnyDesk'],
  ])('knows %s', (agent, tool) => {
    expect(REMOTE_SUPPORT.agent(agent)?.tool).toBe(tool);
  });

  it('does not know a browser', () => {
    expect(REMOTE_SUPPORT.agent('Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0')).toBeUndefined();
  });
});
