/** Commands that only show: who is what, a log, what is on its way. */
import { formatZxid } from '../../lib/protocol/zxid.js'
import { describeEntry, describeMessage, describeWrites } from './describe.js'
import type { Ensemble } from './ensemble.js'
import type { Member } from './member.js'

export function tellState(ensemble: Ensemble): void {
  const letters = new Map<string, string>()
  const rows = ensemble.members.map((member) => rowOf(member, letters))
  const widths = (rows[0] ?? []).map((_, column) => {
    return Math.max(...rows.map((row) => row[column]?.length ?? 0))
  })
  for (const row of rows) {
    const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0))
    ensemble.trace.say(cells.join('  ').trimEnd())
  }
}

/** Equal digests have one letter, in the order in which they are met. */
function letterOf(letters: Map<string, string>, digest: string): string {
  const letter = letters.get(digest) ?? String.fromCharCode(65 + letters.size)
  letters.set(digest, letter)
  return letter
}

function rowOf({ id, disk, process }: Member, letters: Map<string, string>): string[] {
  const onDisk = `${formatZxid(disk.base)}..${formatZxid(disk.lastZxid)}`
  const core = process?.replica.core
  const { acceptedEpoch, currentEpoch, voter } = disk.meta
  const durable = [`epochs ${acceptedEpoch}/${currentEpoch}`, `disk ${onDisk}`]
  if (core === undefined) return [`${id} down`, ...durable, '', '', voter ? '' : 'voteless']
  const { role, established, leader } = core.status()
  const served = established ? ` *${leader === id ? '' : leader}` : ''
  return [
    `${id} ${role}${served}`,
    ...durable,
    `log to ${formatZxid(core.history.lastZxid)}`,
    `state ${letterOf(letters, `${core.tree.digest}`)} at ${formatZxid(core.tree.lastZxid)}`,
    core.history.isVoter ? '' : 'voteless',
  ]
}

export function tellLog(ensemble: Ensemble, id: number): void {
  const { history } = coreOf(ensemble, id)
  ensemble.trace.say(`after ${formatZxid(history.base)}`)
  for (const entry of history.between(history.base, history.lastZxid)) {
    const isDurable = entry.zxid <= history.durableZxid
    const mark =
      entry.zxid <= history.committed ? '' : isDurable ? '  (undecided)' : '  (on its way)'
    ensemble.trace.say(`${describeEntry(entry)}${mark}`)
  }
}

export function tellLinks(ensemble: Ensemble): void {
  for (const link of ensemble.links) {
    for (const lane of link.lanes) {
      const words = lane.queue.map((parcel) => {
        return parcel.kind === 'end' ? 'the end' : describeMessage(parcel.message)
      })
      const to = ensemble.peerName(link, lane.to)
      if (words.length > 0) ensemble.trace.say(`${lane.from}->${to}: ${words.join('; ')}`)
    }
  }
  for (const { id, process, disk } of ensemble.members) {
    for (const { writes } of process?.pending ?? [])
      ensemble.trace.say(`disk ${id}: ${describeWrites(writes, disk.meta)}`)
  }
}

function coreOf(ensemble: Ensemble, id: number): NonNullable<ReturnType<typeof core>> {
  const found = core(ensemble, id)
  if (found === undefined) throw new Error(`replica ${id} is loading`)
  return found
}

function core(
  ensemble: Ensemble,
  id: number,
): ReturnType<typeof ensemble.processOf>['replica']['core'] {
  return ensemble.processOf(id).replica.core
}
