/** The one error of this folder: bytes that are no message of ours. Never a defect of this process. */

/** Bytes that do not decode to a well-formed value. Whoever sent them has broken the protocol. */
export class WireError extends Error {
  override readonly name = 'WireError'
}
