/** What a watch tells. */
import type { Zxid } from './zxid.js'

export type WatchEventType =
  | 'NodeCreated'
  | 'NodeDeleted'
  | 'NodeDataChanged'
  | 'NodeChildrenChanged'

/** One change of one znode, told once per watcher, in zxid order. */
export interface WatchEvent {
  readonly type: WatchEventType
  readonly path: string
  /** zxid of the txn that caused it; after a catch-up by snapshot, the snapshot's. */
  readonly zxid: Zxid
}
