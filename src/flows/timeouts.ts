/**
 * When a flow is over, in seconds of capture time. The values are Zeek's defaults, so that long captures are cut
 * into the same connections.
 */

/** A UDP, ICMP or other flow is over after this silence, and so is a TCP flow before its handshake ended. */
export const IDLE_DATAGRAM = 60;
/** An established TCP flow is over after this silence. */
export const IDLE_TCP = 300;
/** A connection attempt without an answer is over this long after its first SYN. */
export const ATTEMPT = 5;
/** A closed TCP flow still takes stray packets for this long. */
export const CLOSE_DELAY = 5;
/** A DNS lookup over UDP is over when it is this old and has been silent for `DNS_SILENCE`. */
export const DNS_LIFETIME = 10;
export const DNS_SILENCE = 9;
/** A tunnel that is an IP protocol is over after this silence. */
export const TUNNEL_EXPIRY = 86_400;
