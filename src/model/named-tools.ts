/**
 * Tools that give themselves away by the names they use: domains of their services, and words in the user agents they
 * send. A domain stands for its subdomains too. A name alone says that somebody looked at a website; a name that only the
 * running program needs (`relays`) says more.
 */

/** One tool. */
export interface NamedTool {
  readonly tool: string;
  /** Domains of the vendor's website and services. */
  readonly domains: readonly string[];
  /** Domains that only the running program uses. */
  readonly relays?: readonly string[];
  /** Words of user agents, in lower case. */
  readonly agents?: readonly string[];
}

/** A tool that a name or a user agent gives away. */
export interface ToolMatch {
  readonly tool: string;
  /** Only the running program uses it. */
  readonly running: boolean;
}

/** Labels of a name that are looked at, from its end. */
const MAX_LABELS = 8;
/** Characters of a user agent that are looked at. */
const MAX_AGENT = 512;
/** Names and user agents whose answer is remembered: the same few come again and again. */
const MAX_KNOWN = 4096;

/** A list of tools, to look names up in. */
export class ToolNames {
  readonly #byDomain = new Map<string, ToolMatch>();
  readonly #known = new Map<string, ToolMatch | null>();
  readonly #knownAgents = new Map<string, ToolMatch | null>();
  readonly #byAgent: readonly (readonly [string, ToolMatch])[];

  constructor(tools: readonly NamedTool[]) {
    for (const { tool, domains, relays = [] } of tools) {
      for (const domain of domains) this.#byDomain.set(domain, { tool, running: false });
      for (const relay of relays) this.#byDomain.set(relay, { tool, running: true });
    }
    this.#byAgent = tools.flatMap(({ tool, agents = [] }) =>
      agents.map(agent => [agent, { tool, running: true }] as const),
    );
  }

  /** The tool a host name belongs to, on label boundaries; the longest listed domain decides. */
  domain(name: string): ToolMatch | undefined {
    let known = this.#known.get(name);
    if (known === undefined) {
      known = this.#findDomain(name) ?? null;
      remember(this.#known, name, known);
    }
    return known ?? undefined;
  }

  #findDomain(name: string): ToolMatch | undefined {
    const labels = name
      .toLowerCase()
      .replace(/[.:]*(?::\d+)?$/, '')
      .split('.')
      .slice(-MAX_LABELS);
    for (let from = 0; from < labels.length; from++) {
      const match = this.#byDomain.get(labels.slice(from).join('.'));
      if (match !== undefined) return match;
    }
    return undefined;
  }

  /** The tool that sends a user agent. */
  agent(agent: string): ToolMatch | undefined {
    const seen = agent.slice(0, MAX_AGENT);
    let known = this.#knownAgents.get(seen);
    if (known === undefined) {
      const lower = seen.toLowerCase();
      known = this.#byAgent.find(([word]) => lower.includes(word))?.[1] ?? null;
      remember(this.#knownAgents, seen, known);
    }
    return known ?? undefined;
  }
}

function remember(known: Map<string, ToolMatch | null>, name: string, match: ToolMatch | null): void {
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(name, match);
}
