/**
 * A database that was restored from an old copy has forgotten what it promised (the amnesia rule): it takes a new
 * name, and waits for a leader to give that its vote.
 */
import type { Incarnation } from '../protocol/member.js'
import type { Txn } from '../tree/txn.js'
import type { Peer } from '../zab/peer.js'
import { isOldCopy } from '../zab/registry-log.js'

/**
 * @param newest  The newest opening of this database, as somebody else knows it.
 * @param name  Makes the new name another than any before.
 * @returns False if that says nothing: nobody can talk me out of my vote but by what I can check.
 */
export function renounceIfOld(peer: Peer<Txn>, newest: Incarnation, name: string): boolean {
  const own = peer.incarnation()
  if (newest.databaseId !== own.databaseId || !isOldCopy(newest, own)) return false
  const random = peer.random.fork(name)
  const databaseId = [0, 0, 0, 0].map(() => random.uint32().toString(16).padStart(8, '0')).join('')
  peer.history.setMeta({ databaseId, voter: false })
  return true
}
