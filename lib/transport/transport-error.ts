/** The one error class of the transports. */

export type TransportErrorCode =
  /** The address cannot be parsed or cannot be listened on. */
  | 'BAD_ADDRESS'
  /** The path of a Unix socket exceeds what every platform takes whole. */
  | 'PATH_TOO_LONG'
  /** Something that is no socket lies where the socket should be. It was not touched. */
  | 'NOT_A_SOCKET'
  /** Somebody answers on the Unix socket: another replica holds the slot. */
  | 'SLOT_TAKEN'
  /** The TCP port is in use. */
  | 'ADDRESS_IN_USE'
  /** The listener would be open to a network without any proof asked of who comes. */
  | 'INSECURE_LISTENER'
  /** Any other refusal of the operating system to listen; see `cause`. */
  | 'LISTEN_FAILED'
  /** `close` was called before `start` was done. */
  | 'CLOSED'

/** A transport cannot be built or started. Callers switch on `code`; `message` says what to do. */
export class TransportError extends Error {
  override readonly name = 'TransportError'
  readonly code: TransportErrorCode

  constructor(code: TransportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
