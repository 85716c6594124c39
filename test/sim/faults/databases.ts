/** Data that is lost, damaged, or old: only within the budget, and found when the database is opened next. */
import { Disk } from '../../../lib/testing/disk.js'
import type { Rot } from '../../../lib/testing/disk.js'
import type { Machine } from '../../../lib/testing/machine.js'
import { majorityOf } from '../../../lib/zab/election.js'
import type { Inject, Scene } from './scene.js'

/** Ends the process; the next one finds what `change` leaves. False if that may not be. */
function swap(scene: Scene, machine: Machine, isAllowed: boolean, change: () => void): boolean {
  const ms = scene.dice.integer(1500)
  if (!isAllowed || !scene.budget.mayRestart(machine)) return false
  scene.kill(machine)
  change()
  scene.startAfter(machine, ms)
  return true
}

/**
 * Now, or at the worst moment: just enough others to make a majority with this machine have been left behind for a
 * while, and all the rest goes away when its data does.
 *
 * @returns False if nothing is lost, now at least.
 */
function lose(
  scene: Scene,
  machine: Machine,
  isAllowed: () => boolean,
  change: () => void,
  what: string,
): boolean {
  const isWorst = scene.dice.chance(0.4)
  const { network, machines, options } = scene.world
  const others = scene.shuffled(machines.filter((each) => each !== machine))
  const behind = others.splice(0, majorityOf(options.size) - 1)
  const ms = scene.dice.integer(scene.silenceMs * 2)
  if (!isWorst || others.length === 0) {
    const isDone = swap(scene, machine, isAllowed(), change)
    if (isDone) scene.tell(`the disk of ${machine.id} ${what}`)
    return isDone
  }
  if (!isAllowed()) return false
  const cuts = behind.flatMap(({ id }) =>
    [machine, ...others].map((each) => [id, each.id] as const),
  )
  for (const [one, other] of cuts) {
    network.block(one, other)
    network.block(other, one)
  }
  scene.after(ms, () => {
    for (const [one, other] of cuts) {
      network.unblock(one, other)
      network.unblock(other, one)
    }
    if (!swap(scene, machine, isAllowed(), change)) return
    for (const each of others) if (scene.kill(each)) scene.startAfter(each, 500 + ms)
    const away = others.map(({ id }) => id).join(', ')
    scene.tell(`the disk of ${machine.id} ${what}, at the worst moment: ${away} gone`)
  })
  return true
}

/** The file is gone: a new database. */
export const wipe: Inject = (scene) => {
  const machine = scene.machine()
  const disk = new Disk(scene.dice.fork('disk'))
  const change = (): void => {
    scene.budget.lose(machine)
    machine.disk = disk
  }
  lose(scene, machine, () => scene.budget.mayLose(machine), change, 'is lost')
}

/** A bit has flipped in a row that counts, or the write-ahead log is gone. */
export const rot: Inject = (scene) => {
  const machine = scene.machine()
  const { entries, snapshot } = machine.disk
  const places: Rot[] = ['meta', 'wal']
  if (entries.length > 0) places.push('log')
  if (snapshot !== undefined) places.push('snapshot')
  const place = scene.dice.pick(places)
  const change = (): void => {
    scene.budget.lose(machine)
    machine.disk.rot = place
  }
  lose(scene, machine, () => scene.budget.mayLose(machine), change, `is damaged (${place})`)
}

/**
 * A copy is made of a disk, which is opened again, and may be lost or damaged too: when all others know that there is
 * something newer, the copy is put back.
 */
export const oldCopy: Inject = (scene) => {
  const machine = scene.machine()
  const copy = machine.disk.copy(scene.dice.fork('disk'))
  const opensAfterMs = scene.dice.integer(300)
  const lingersMs = scene.dice.integer(1000)
  const until = scene.world.now + scene.silenceMs * 30
  if (machine.disk.rot !== undefined || !machine.isVoting || !scene.kill(machine)) return
  scene.startAfter(machine, opensAfterMs)
  const mayRestore = (): boolean => {
    return machine.trouble === undefined && scene.budget.mayRestore(machine, copy)
  }
  const restore = (): void => scene.budget.restore(machine, copy)
  const restoreLater = (ms: number): void => {
    scene.after(ms, () => {
      if (scene.world.now > until) return
      const what = `is an old copy (opening ${copy.incarnation})`
      if (!lose(scene, machine, mayRestore, restore, what)) restoreLater(50)
    })
  }
  restoreLater(opensAfterMs + lingersMs)
}
