/**
 * One captured frame, as a view. Readers fill one `Frame` again and again; `bytes` is the reader's buffer and is
 * valid until the reader's next `fill`. Whoever keeps bytes copies them.
 */
export class Frame {
  /** Buffer that holds the frame. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Offset of the frame's first byte in `bytes`. */
  at = 0;
  /** Bytes captured. */
  captured = 0;
  /** Bytes on the wire; more than `captured` when the snapshot length cut it. */
  length = 0;
  /** Whole seconds since 1970 UTC. */
  sec = 0;
  /** Nanoseconds within the second. */
  nsec = 0;
  /** LINKTYPE_ number of the interface it came from. */
  linkType = 0;
  /** Interface it came from: its index among all that the capture describes, over all sections. */
  source = 0;
  /** 1-based number within its capture. */
  number = 0;
  /** Index of its capture among the inputs. */
  capture = 0;
}
