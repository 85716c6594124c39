/** What is wrong with bytes that came over a connection. */

export type JuteErrorCode =
  /** The frame ends before its record does. */
  | 'TRUNCATED'
  /** The record ends before its frame does. */
  | 'TRAILING_BYTES'
  /** A length or count that is negative or more than the frame can hold. */
  | 'BAD_LENGTH'
  /** A frame longer than is allowed. */
  | 'FRAME_TOO_LARGE'
  /** A value that its field cannot have. */
  | 'BAD_VALUE'

/** Whoever catches it closes the connection that the bytes came from, and nothing else. */
export class JuteError extends Error {
  override readonly name = 'JuteError'
  readonly code: JuteErrorCode

  constructor(code: JuteErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
