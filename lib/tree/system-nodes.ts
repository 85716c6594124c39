/**
 * The znodes that every tree has from the start, before the first txn, as in ZooKeeper: nobody
 * created them, so nobody counted them, and the first sequential child of the root is number 0.
 */
import { PERMS } from '../protocol/acl.js'
import type { Acl } from '../protocol/acl.js'
import type { ZnodeRecord } from './record.js'

/** Where quotas are set; see quotas.ts. */
export const QUOTA_PATH = '/zookeeper/quota'

const CONFIG_PATH = '/zookeeper/config'

/** Everybody may look at the configuration, and nobody may set it (ZOOKEEPER-2014). */
const READ_ONLY: readonly Acl[] = Object.freeze([
  Object.freeze({ perms: PERMS.READ, scheme: 'world', id: 'anyone' }),
])

const EMPTY = new Uint8Array(0)

const BLANK = {
  data: EMPTY,
  czxid: 0,
  ctime: 0,
  mzxid: 0,
  mtime: 0,
  pzxid: 0,
  version: 0,
  created: 0,
  owner: 0,
} as const

/** Parents first. ZooKeeper sets the configuration's ACL as its version −1. */
export const SYSTEM_RECORDS: readonly ZnodeRecord[] = Object.freeze([
  { path: '/', ...BLANK },
  { path: '/zookeeper', ...BLANK },
  { path: QUOTA_PATH, ...BLANK },
  { path: CONFIG_PATH, ...BLANK, acl: READ_ONLY, aversion: -1 },
])

const SYSTEM_PATHS: ReadonlySet<string> = new Set(SYSTEM_RECORDS.map(({ path }) => path))

/** It is always there and cannot be deleted. */
export function isSystemPath(path: string): boolean {
  return SYSTEM_PATHS.has(path)
}
