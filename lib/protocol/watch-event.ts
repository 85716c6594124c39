/** What a watch tells. */
import type { Zxid } from './zxid.js'

export type WatchEventType =
  | 'NodeCreated'
  | 'NodeDeleted'
  | 'NodeDataChanged'
  | 'NodeChildrenChanged'
  /** The watch itself was removed, by whoever had set it. */
  | 'DataWatchRemoved'
  | 'ChildWatchRemoved'
  | 'PersistentWatchRemoved'

/** One change of one znode, told once per watcher, in zxid order. */
export interface WatchEvent {
  readonly type: WatchEventType
  readonly path: string
  /** zxid of the txn that caused it; after a catch-up by snapshot, the snapshot's; of a removal, where this View stood. */
  readonly zxid: Zxid
}
