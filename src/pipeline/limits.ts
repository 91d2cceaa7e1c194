/**
 * Every limit that one run shares, in one place. Limits that belong to one layer or decoder stand in its file.
 * Hitting a limit that loses frames, flows or records is counted under its name in `coverage.limits` (exit 4).
 */
export const LIMITS = {
  /** Live flows over all shards. */
  flows: 1 << 20,
  /** Bytes of all streams that wait in memory. */
  streamMemory: 192 << 20,
  /** Bytes of records kept in memory; what is beyond goes to an unlinked file. */
  recordMemory: 16 << 20,
  /** Bytes of a stream that spill at a time, oldest first: what is made on the way is garbage of several times their size. */
  spillBytes: 2 << 20,
  /** Rows per block of a spilled run: what a merge holds in memory per run. */
  spillBlockRows: 1024,
  /** Weird names remembered per flow. */
  weirdsPerFlow: 16,
  /** Records of one name and flow that `weird` keeps. */
  phiTokensPerRecord: 32,
  /** Distinct identifiers remembered for masking. */
  protectedValues: 1 << 20,
  /** Flows announced by others and not seen yet, per shard. */
  expectations: 4096,
  /** Programs remembered per shard so that repeats are not logged again. */
  softwarePerShard: 4096,
  /** What hosts say of themselves, remembered per shard for the same reason. */
  identitiesPerShard: 8192,
  /** Signs of remote support and anonymisers remembered per shard so that repeats are not logged again. */
  namedToolsPerShard: 4096,
  /** Records that several flows are making together. */
  jointRecords: 8192,
  /** Hits of indicators remembered so that a flow's repeats are not logged again. */
  intelRepeats: 1 << 18,
  /** Rows of a grouped view of flows. */
  flowGroups: 1 << 18,
  /** Distinct hosts remembered over all rows of a grouped view of flows. */
  flowPeers: 1 << 20,
  /** Distinct ARP announcements remembered so that repeats are not logged again. */
  arpPairs: 1 << 16,
  /** Distinct announcements of LLDP and CDP remembered for the same reason. */
  neighbours: 1 << 14,
  /** Distinct messages of IPv6 neighbour discovery remembered for the same reason. */
  neighbourDiscovery: 1 << 16,
} as const;
