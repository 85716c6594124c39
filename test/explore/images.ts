/** Disks that members start with. */
import { makeZxid } from '../../lib/protocol/zxid.js'
import type { Entry } from '../../lib/zab/entry.js'
import { VOTER_IDS, incarnationKeyOf } from './machine.js'
import type { Image } from './machine.js'

/** A database that belongs to nothing yet; `name` tells it from another one of the same member. */
export function emptyImage(id: number, name = 'a'): Image {
  return {
    meta: {
      clusterId: '',
      databaseId: `${id}${name}`,
      voter: false,
      acceptedEpoch: 0,
      currentEpoch: 0,
      registry: { asOf: 0, voters: [] },
    },
    incarnation: 0,
    base: 0,
    entries: [],
  }
}

/** A voter of an ensemble that was formed by all three. */
export function voterImage(
  id: number,
  epochs: { readonly accepted: number; readonly current: number },
  entries: readonly Entry<unknown>[],
  base = 0,
): Image {
  const voters = VOTER_IDS.map((replica) => {
    const incarnationKey = incarnationKeyOf(replica, 1)
    return { replica, databaseId: `${replica}a`, incarnation: 1, incarnationKey }
  })
  return {
    meta: {
      clusterId: 'c',
      databaseId: `${id}a`,
      voter: true,
      acceptedEpoch: epochs.accepted,
      currentEpoch: epochs.current,
      registry: { asOf: 0, voters },
    },
    incarnation: 1,
    base,
    entries: entries.filter(({ zxid }) => zxid > base),
  }
}

/** Entries by position, as `epoch:counter`. */
export function logOf(...positions: string[]): Entry<string>[] {
  return positions.map((position) => {
    const [epoch = 0, counter = 0] = position.split(':').map(Number)
    return { zxid: makeZxid(epoch, counter), txn: `t${position}` }
  })
}
