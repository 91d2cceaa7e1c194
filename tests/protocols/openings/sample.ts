/** The first bytes of a conversation, for the test that each protocol claims its own and no other. */
export interface Sample {
  /** Name of the protocol that must claim it; `none` when nobody may. */
  readonly owner: string;
  readonly what: string;
  readonly transport?: 'tcp' | 'udp';
  /** The only port on which it is claimed, for protocols whose content alone says too little. */
  readonly port?: number;
  /** UDP: the datagram of the same side before it. */
  readonly before?: Uint8Array;
  readonly orig?: Uint8Array | string;
  readonly resp?: Uint8Array | string;
}
