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
 * @param seed  Makes the new name another than any before.
 * @returns False if that says nothing: nobody can talk me out of my vote but by what I can check.
 */
export function renounceIfOld(peer: Peer<Txn>, newest: Incarnation, seed: string): boolean {
  const own = peer.incarnation()
  if (newest.databaseId !== own.databaseId || !isOldCopy(newest, own)) return false
  peer.renounceVote(seed, 'restored from an old copy')
  return true
}
