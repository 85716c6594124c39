/**
 * More than can be survived: a majority of the databases that vote is lost at one instant. What must happen then is
 * nothing: no leader, no new cluster over the one whose data is still there, and a status that says who is missing.
 */
import { Disk } from '../../../lib/testing/disk.js'
import type { Machine } from '../../../lib/testing/machine.js'
import type { Process } from '../../../lib/testing/process.js'
import { majorityOf } from '../../../lib/zab/election.js'
import type { Experiment } from '../experiment.js'
import type { Scene } from './scene.js'

/** Which machines lose their disks; none if that would not be a majority, or nobody would know of it. */
function doomed({ world, dice }: Scene): readonly Machine[] {
  const { machines, options } = world
  // Somebody must be left with a vote and with something to lose, else the ensemble is new, and may begin.
  const witnesses = machines.filter(({ isVoting, disk }) => isVoting && disk.lastZxid > 0)
  const witness = witnesses[dice.integer(Math.max(1, witnesses.length))]
  if (witness === undefined || !machines.every(({ isVoting }) => isVoting)) return []
  const others = machines.filter((machine) => machine !== witness)
  return others.length < majorityOf(options.size) ? [] : others.slice(0, majorityOf(options.size))
}

/** True if it has happened. */
export function loseMajority(scene: Scene): boolean {
  const { budget, dice } = scene
  const lost = doomed(scene)
  if (lost.length === 0 || !lost.every((machine) => budget.mayRestart(machine))) return false
  budget.spend()
  for (const machine of lost) {
    scene.kill(machine)
    machine.disk = new Disk(dice.fork(`disk ${machine.id}`))
    scene.startAfter(machine, dice.integer(1500))
  }
  scene.tell(`the disks of ${lost.map(({ id }) => id).join(', ')} are lost: a majority`)
  return true
}

/** What is not as it must be when a majority is lost for good; `undefined` if all is. */
export function unrefused(experiment: Experiment): string | undefined {
  const { machines, processes } = experiment.world
  if (processes.length !== machines.length) return 'a process is not running'
  const lost = machines.filter(({ isVoting }) => !isVoting).map(({ id }) => id)
  for (const process of processes) {
    const reason = unrefusedBy(process, lost)
    if (reason !== undefined) return reason
  }
  return undefined
}

function unrefusedBy({ id, replica }: Process, lost: readonly number[]): string | undefined {
  const { status } = replica
  if (status === undefined) return `replica ${id} is loading`
  if (status.established) return `replica ${id} serves, and a majority's data is lost`
  const waitingFor = status.waitingFor ?? ''
  const unnamed = lost.filter((each) => !waitingFor.includes(`replica ${each} (its data is lost`))
  if (unnamed.length === 0) return undefined
  return `replica ${id} waits for "${waitingFor}" and does not name ${unnamed.join(', ')}`
}
