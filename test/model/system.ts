/** The znodes that are there before the first txn, as in ZooKeeper, and stay. */
import { OPEN } from './access.js'
import type { Acl } from './types.js'
import { newZnode } from './znode.js'
import type { Znode } from './znode.js'

const EMPTY = new Uint8Array(0)
const READ_ONLY: readonly Acl[] = [{ perms: 1, scheme: 'world', id: 'anyone' }]

/** Parents first. Nobody has created them, so their parents have not counted them. */
export const SYSTEM_ZNODES: ReadonlyMap<string, Znode> = new Map([
  ['/', always('/', 1)],
  ['/zookeeper', always('/zookeeper', 2)],
  ['/zookeeper/quota', always('/zookeeper/quota', 0)],
  ['/zookeeper/config', { ...always('/zookeeper/config', 0), acl: READ_ONLY, aversion: -1 }],
])

export function isSystemPath(path: string): boolean {
  return SYSTEM_ZNODES.has(path)
}

function always(path: string, children: number): Znode {
  return { ...newZnode(path, EMPTY, 0, 0, 0, OPEN), always: children }
}
