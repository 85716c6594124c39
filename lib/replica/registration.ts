/** The one thing in a txn that consensus must know: which opening of which database it makes known. */
import type { Txn } from '../tree/txn.js'
import type { Registration } from '../zab/entry.js'

export function registrationOf({ body }: Txn): Registration | undefined {
  if (body.kind !== 'register') return undefined
  const { databaseId, incarnation, incarnationKey } = body.incarnation
  return { replica: body.replica, databaseId, incarnation, incarnationKey, vote: body.vote }
}
