/** Writes of snapshots: the part of a persist effect that concerns the state machine (see zab/write.ts). */
import type { Zxid } from '../protocol/zxid.js'
import type { SnapshotTail, ZnodeRecord } from './record.js'

/** `snapshot` is a number of the core's own, unique in a database; no reader may see one that is not complete. */
export type SnapshotWrite =
  | {
      readonly kind: 'snapshotNodes'
      readonly snapshot: number
      readonly nodes: readonly ZnodeRecord[]
    }
  /** From here on this is the snapshot to start from; every other may be deleted, in slices, at leisure. */
  | { readonly kind: 'snapshotComplete'; readonly snapshot: number; readonly tail: SnapshotTail }
  | { readonly kind: 'snapshotAbort'; readonly snapshot: number }
  /** Deletes every log entry at or below `upTo`; a complete snapshot with start ≥ upTo exists. */
  | { readonly kind: 'trim'; readonly upTo: Zxid }
