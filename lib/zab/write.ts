/**
 * What the consensus core asks of the disk. The writes of one effect are one atomic transaction, executed in
 * order (snapshot writes of tree/write.ts may stand among them).
 */
import type { Zxid } from '../protocol/zxid.js'
import type { Entry, Meta } from './entry.js'

export type ZabWrite<T> =
  /** Replaces the row of durable variables. */
  | { readonly kind: 'meta'; readonly meta: Meta }
  /** Entries continue the log: zxids ascend. */
  | { readonly kind: 'append'; readonly entries: readonly Entry<T>[] }
  /** Deletes every entry above `after`. */
  | { readonly kind: 'truncate'; readonly after: Zxid }
  /** Deletes the whole log; it continues after `base` (a snapshot received from the leader). */
  | { readonly kind: 'resetLog'; readonly base: Zxid }
