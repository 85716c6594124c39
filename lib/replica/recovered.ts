/** What storage found when it opened the database. */
import type { RecoveredSnapshot } from '../tree/record.js'
import type { Txn } from '../tree/txn.js'
import type { RecoveredLog } from '../zab/entry.js'

export interface Recovered extends RecoveredLog<Txn> {
  readonly snapshot: RecoveredSnapshot | undefined
  /** Next free snapshot number. */
  readonly nextSnapshot: number
}
