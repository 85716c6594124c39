/** Data that is lost, damaged, or old: only within the budget, and found when the database is opened next. */
import { Disk } from '../../../lib/testing/disk.js'
import type { Rot } from '../../../lib/testing/disk.js'
import type { Machine } from '../../../lib/testing/machine.js'
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

/** The file is gone: a new database. */
export const wipe: Inject = (scene) => {
  const machine = scene.machine()
  const disk = new Disk(scene.dice.fork('disk'))
  const other = scene.machine()
  const isWithCrash = scene.dice.chance(0.4) && other !== machine
  const otherMs = scene.dice.integer(3000)
  const isDone = swap(scene, machine, scene.budget.mayLose(machine), () => {
    scene.budget.lose(machine)
    machine.disk = disk
  })
  if (!isDone) return
  scene.tell(`the disk of ${machine.id} is lost`)
  // What only the two of them had is out of reach for a while, and must be missed by the others.
  if (isWithCrash && scene.kill(other)) scene.startAfter(other, otherMs)
}

/** A bit has flipped in a row that counts, or the write-ahead log is gone. */
export const rot: Inject = (scene) => {
  const machine = scene.machine()
  const { entries, snapshot } = machine.disk
  const places: Rot[] = ['meta', 'wal']
  if (entries.length > 0) places.push('log')
  if (snapshot !== undefined) places.push('snapshot')
  const place = scene.dice.pick(places)
  const isDone = swap(scene, machine, scene.budget.mayLose(machine), () => {
    scene.budget.lose(machine)
    machine.disk.rot = place
  })
  if (isDone) scene.tell(`the disk of ${machine.id} is damaged (${place})`)
}

/**
 * A copy is made of a disk, which is opened again, and may be lost or damaged too: when all others know that there is
 * something newer, the copy is put back.
 */
export const oldCopy: Inject = (scene) => {
  const machine = scene.machine()
  const { disk } = machine
  const copy = disk.copy(scene.dice.fork('disk'))
  const opensAfterMs = scene.dice.integer(300)
  const lingersMs = scene.dice.integer(1000)
  const until = scene.world.now + scene.silenceMs * 30
  if (disk.rot !== undefined || !machine.isVoting || !scene.kill(machine)) return
  scene.startAfter(machine, opensAfterMs)
  const restoreLater = (ms: number): void => {
    scene.after(ms, () => {
      if (scene.world.now > until) return
      const isAllowed = machine.trouble === undefined && scene.budget.mayRestore(machine, copy)
      const isDone = swap(scene, machine, isAllowed, () => scene.budget.restore(machine, copy))
      if (isDone)
        scene.tell(`the disk of ${machine.id} is an old copy (opening ${copy.incarnation})`)
      else restoreLater(50)
    })
  }
  restoreLater(opensAfterMs + lingersMs)
}
