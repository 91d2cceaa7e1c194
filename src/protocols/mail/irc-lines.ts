/**
 * The lines of IRC (RFC 1459 section 2.3, RFC 2812), and what a DCC offer in one says. No state.
 */

/** Parameters taken of one line, for which RFC 1459 allows 15. */
const MAX_PARAMETERS = 32;

export interface IrcLine {
  /** Server or nick it comes from; absent from clients. */
  readonly prefix: string | undefined;
  /** Command in capitals, or a numeric reply. */
  readonly command: string;
  /** Words behind the command, as Zeek splits them: the last parameter is not kept together. */
  readonly words: readonly string[];
  /** The last parameter, when it was marked with a colon. */
  readonly trailing: string | undefined;
}

/** Undefined when the line holds no command. */
export function readIrcLine(line: string): IrcLine | undefined {
  // Tags (IRCv3) go before everything.
  const match = /^\s*(?:@\S* +)?(?::(\S+)\s+)?([A-Za-z]{1,16}|\d{3})(?:\s+(.*))?$/s.exec(line);
  if (match === null) return undefined;
  const rest = match[3] ?? '';
  const colon = rest.startsWith(':') ? 0 : rest.indexOf(' :') + 1;
  const marked = rest[colon] === ':';
  return {
    prefix: match[1],
    command: match[2]!.toUpperCase(),
    words: rest.split(/ +/, MAX_PARAMETERS).filter(word => word !== ''),
    trailing: marked ? rest.slice(colon + 1) : undefined,
  };
}

/** A file that one client offers another. */
export interface DccOffer {
  readonly file: string;
  readonly host: string;
  readonly port: number;
  readonly size: number | undefined;
}

/** `\x01DCC SEND hello.txt 167772161 5555 12\x01` in a PRIVMSG. */
export function readDccOffer(text: string): DccOffer | undefined {
  const match =
    /^\x01DCC SEND (?:"([^"]{1,512})"|(\S{1,512})) (\d{1,10}|[0-9A-Fa-f:]{2,45}) (\d{1,5})(?: (\d{1,15}))?/i.exec(
      text,
    );
  if (match === null) return undefined;
  const [, quoted, plain, address, port, size] = match;
  if (Number(port) > 65_535) return undefined;
  return {
    file: quoted ?? plain!,
    host: address!.includes(':') ? address! : dotted(Number(address)),
    port: Number(port),
    size: size === undefined ? undefined : Number(size),
  };
}

/** An IPv4 address written as one number. */
function dotted(address: number): string {
  return [24, 16, 8, 0].map(shift => Math.floor(address / 2 ** shift) % 256).join('.');
}
