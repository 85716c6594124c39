/** The phases of a leader, as the paper names them; each holds only what it waits for. */
import type { Zxid } from '../protocol/zxid.js'
import type { Ticket } from './journal.js'

export type Phase =
  /** Waiting for a quorum to ask, so that the new epoch is above all that they have accepted. */
  | { readonly kind: 'gathering' }
  /** The epoch is on its way to my disk, then to the learners, until a quorum has promised it. */
  | { readonly kind: 'discovery'; readonly ticket: Ticket }
  /** My history is the history of the epoch; a quorum must have it on disk. */
  | { readonly kind: 'synchronization'; readonly ticket: Ticket; readonly history: Zxid }
  | { readonly kind: 'broadcast' }
