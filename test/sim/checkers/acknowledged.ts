/**
 * Durable before acknowledged: when a message leaves that others will count on, what it says is on the sender's disk.
 * Looks at the disk, not at what the sender thinks is on it.
 */
import { formatZxid } from '../../../lib/protocol/zxid.js'
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'

export class Acknowledged implements Checker {
  readonly name = 'durable before acknowledged'
  readonly sees = ['claimed'] as const

  observe(observation: Observation): void {
    if (observation.kind !== 'claimed') return
    const { replica, message, claim, disk } = observation
    const isTrue = (condition: boolean, what: () => string): void => {
      demand(condition, this.name, () => `replica ${replica} sends ${message}: ${what()}`)
    }
    isTrue(claim.lastZxid <= disk.lastZxid, () => {
      return `its log up to ${formatZxid(claim.lastZxid)}; on disk it is up to ${formatZxid(disk.lastZxid)}`
    })
    isTrue(claim.acceptedEpoch <= disk.acceptedEpoch, () => {
      return `accepted epoch ${claim.acceptedEpoch}; on disk is ${disk.acceptedEpoch}`
    })
    isTrue(claim.currentEpoch <= disk.currentEpoch, () => {
      return `current epoch ${claim.currentEpoch}; on disk is ${disk.currentEpoch}`
    })
    isTrue(disk.voter || !claim.voter, () => 'a vote, which on disk it does not have')
  }
}
