/**
 * Log entries as bytes: a zxid and the txn's bytes. A registration follows from its txn and is not
 * stored beside it.
 */
import type { Zxid } from '../protocol/zxid.js'
import type { Txn } from '../tree/txn.js'
import type { Entry } from '../zab/entry.js'
import { bytesOf, fieldsOf, txnZxidOf } from './field.js'
import type { Packable } from './pack.js'
import { decodeTxn, encodeTxn, readTxn } from './txn.js'

/** The entry of a txn at its place in the log, with the registration that the txn may contain. */
export function entryOf(zxid: Zxid, txn: Txn): Entry<Txn> {
  const { body } = txn
  if (body.kind !== 'register') return { zxid, txn }
  const { databaseId, incarnation, incarnationKey } = body.incarnation
  const { replica, vote } = body
  return { zxid, txn, registration: { replica, databaseId, incarnation, incarnationKey, vote } }
}

export function encodeEntry(entry: Entry<Txn>): Packable {
  return [entry.zxid, encodeTxn(entry.txn)]
}

export function decodeEntry(value: unknown): Entry<Txn> {
  const fields = fieldsOf(value, 2)
  return entryOf(txnZxidOf(fields[0]), decodeTxn(bytesOf(fields[1])))
}

/** For who reads an entry and passes it to nobody, from bytes of this very process. */
export function readEntry(value: unknown): Entry<Txn> {
  const fields = fieldsOf(value, 2)
  return entryOf(txnZxidOf(fields[0]), readTxn(bytesOf(fields[1])))
}
