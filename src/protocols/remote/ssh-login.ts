/**
 * Whether an SSH login succeeded, from the sizes of the server's encrypted packets, as Zeek infers it. One segment is
 * taken for one packet: OpenSSH and its like send each message of the login by itself.
 *
 * The first packet that answers the client is SSH_MSG_SERVICE_ACCEPT, whose content has 17 bytes. That of
 * SSH_MSG_USERAUTH_SUCCESS has one byte, so it is 16 bytes shorter under any cipher (RFC 4252 and RFC 4253 section 6). The
 * next packet answers the request for the method "none", with which clients learn what there is: unless it is a success
 * it shows the size of a failure, and is no attempt.
 */

const SHORTER_THAN_ACCEPT = 16;

export class LoginWatch {
  /** Requests the server has answered. */
  attempts = 0;
  success: boolean | undefined;
  #asked = false;
  #acceptSize = 0;
  #failureSize = 0;

  /** The client has sent something encrypted. */
  ask(): void {
    this.#asked = true;
  }

  /** Looks at one encrypted segment of the server; what it sends unasked (RFC 8308) is no answer. */
  observe(size: number): void {
    if (!this.#asked || this.success === true) return;
    if (this.#acceptSize === 0) this.#acceptSize = size;
    else if (size + SHORTER_THAN_ACCEPT === this.#acceptSize) this.#answered(true);
    else if (this.#failureSize === 0) this.#failureSize = size;
    else if (size === this.#failureSize) this.#answered(false);
  }

  #answered(success: boolean): void {
    this.success = success;
    this.attempts++;
  }
}
