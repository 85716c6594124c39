/**
 * What a transport is: FIFO links between the members of an ensemble, carrying opaque frames. A link may
 * break at any moment and lose any suffix of what was sent; it never loses, repeats or swaps anything else.
 * Who may join is the host's policy; what the frames mean is known to others.
 */
import type { Member } from '../protocol/member.js'

/** One incarnation of the connection to one peer; what comes after a break is another link. */
export interface Link {
  /** Unique in its transport and growing: a link up later has the greater number. */
  readonly number: number
  /** What the other end proved of itself. */
  readonly peer: Member
  /** Bytes accepted by `send` that the other side's kernel queue has not taken yet. */
  readonly queuedBytes: number
  /**
   * Sends one frame, in order. It is copied before the call returns, and leaves at the end of the turn
   * together with the others of that turn. Past the bound of the queue the link is closed instead. Does
   * nothing once the link is closed.
   */
  send(frame: Uint8Array): void
  /**
   * Ends the link: nothing is received any more, and frames that still queue are lost. `down` follows, never
   * from inside this call. Does nothing once the link is closed.
   */
  close(reason: string): void
}

/** What happened to a connection that was not let in, or was ended for its misbehaviour. */
export type Refusal =
  | 'BAD_HANDSHAKE'
  | 'BAD_PROOF'
  | 'FRAME_EMPTY'
  | 'FRAME_TOO_LARGE'
  | 'FRAME_TRUNCATED'
  | 'HANDSHAKE_TIMEOUT'
  | 'NOT_ACCEPTED'
  | 'NOT_A_MEMBER'
  | 'PROTOCOL_VERSION'
  | 'TOO_MANY_UNPROVEN'
  | 'UNEXPECTED_BYTES'
  | 'UNKNOWN_PEER'

/**
 * Calls of a transport to its host. They come one at a time, never from inside `send` or `close`, and must
 * not throw: the transport does not catch what its host throws.
 */
export interface TransportEvents {
  /** Both directions are proved, and both ends let each other in. A link to the same peer is down before. */
  up(link: Link): void
  /** One frame, between `up` and `down`. Its bytes are valid only during the call unless copied. */
  frame(link: Link, frame: Uint8Array): void
  /** The end of a link that was up, exactly once. */
  down(link: Link, reason: string): void
  /** A connection was refused or ended for its misbehaviour. `detail` is for the log and names no secret. */
  refused(refusal: Refusal, detail: string): void
  /** `queuedBytes` was above `QUEUE_LOW_BYTES` and no longer is. */
  drained(link: Link): void
}

/** Each time `queuedBytes` rises above this mark, one `drained` follows when it is no longer above. */
export const QUEUE_LOW_BYTES: number = 64 * 1024

export interface Transport {
  /**
   * Listens, then dials every peer, and dials again for ever with growing, jittered delays.
   *
   * Rejects with a `TransportError` when it cannot listen, and leaves nothing open then.
   */
  start(events: TransportEvents): Promise<void>
  /** How many times `refused` was called. */
  readonly refusals: number
  /**
   * Ends all links (each gets its `down` before this resolves) and leaves nothing open: no socket, no timer,
   * no socket file. Every call returns the same promise. Afterwards no event comes any more.
   */
  close(): Promise<void>
}
