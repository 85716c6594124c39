/**
 * Epochs never go back: not in memory, not on a disk, not over a crash; and no database acknowledges one epoch to two
 * leaders. A new database, as after a lost disk, begins anew; it has no vote to break a promise with.
 */
import { epochOf } from '../../../lib/protocol/zxid.js'
import type { Epochs, EpochsSeen, Promised } from '../inside.js'
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'

interface Known {
  readonly incarnationKey: number
  readonly memory: Epochs
  readonly disk: Epochs
}

export class EpochsNeverGoBack implements Checker {
  readonly name = 'epochs'
  readonly sees = ['epochs', 'promised'] as const
  readonly #known = new Map<string, Known>()
  readonly #promises = new Map<string, string>()

  observe(observation: Observation): void {
    if (observation.kind === 'epochs') this.#onEpochs(observation)
    if (observation.kind === 'promised') this.#onPromised(observation)
  }

  #onEpochs({ database, incarnationKey, memory, disk, lastLogged }: EpochsSeen): void {
    const known = this.#known.get(database)
    this.#known.set(database, { incarnationKey, memory, disk })
    this.#demandOrder(database, disk, memory, 'in memory is older than on its disk')
    demand(
      disk.currentEpoch <= disk.acceptedEpoch && memory.currentEpoch <= memory.acceptedEpoch,
      this.name,
      () => `database ${database} is in an epoch that it has not accepted`,
    )
    demand(
      epochOf(lastLogged) <= disk.currentEpoch,
      this.name,
      () => `database ${database} has logged txns of an epoch that it is not in`,
    )
    if (known === undefined) return
    this.#demandOrder(database, known.disk, disk, 'went back on its disk')
    // What was only in memory may be lost with the process.
    if (known.incarnationKey === incarnationKey)
      this.#demandOrder(database, known.memory, memory, 'went back in memory')
  }

  #demandOrder(database: string, before: Epochs, after: Epochs, what: string): void {
    const isOrdered =
      before.acceptedEpoch <= after.acceptedEpoch && before.currentEpoch <= after.currentEpoch
    demand(isOrdered, this.name, () => {
      return `database ${database} ${what}: ${told(before)}, then ${told(after)}`
    })
  }

  #onPromised({ database, epoch, leader }: Promised): void {
    const key = `${database} ${epoch}`
    const known = this.#promises.get(key) ?? leader
    demand(
      known === leader,
      this.name,
      () => `database ${database} acknowledges epoch ${epoch} to ${known} and to ${leader}`,
    )
    this.#promises.set(key, leader)
  }
}

function told({ acceptedEpoch, currentEpoch }: Epochs): string {
  return `accepted ${acceptedEpoch}, current ${currentEpoch}`
}
