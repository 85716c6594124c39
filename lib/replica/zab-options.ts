/** What a replica's options and its disk say to its consensus core. */
import type { Txn } from '../tree/txn.js'
import type { ZabOptions } from '../zab/options.js'
import type { ReplicaOptions } from './options.js'
import type { Recovered } from './recovered.js'
import { sizeOfTxn } from './size.js'

export function zabOptionsOf(options: ReplicaOptions, recovered: Recovered): ZabOptions<Txn> {
  const { id, voterIds, timing, bounds } = options
  const { incarnation, incarnationKey } = recovered
  return {
    id,
    voterIds,
    timing,
    sizeOf: sizeOfTxn,
    incarnation: { incarnation, incarnationKey },
    counterMax: bounds.counterMax,
    windowBytes: bounds.learnerWindowBytes,
  }
}
