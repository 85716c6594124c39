/** Disks that are slow, stall, or refuse: after the first error the replica is over, and its process goes later. */
import type { DiskTrouble } from '../../../lib/testing/machine.js'
import { pauseReplicaFor } from './pauses.js'
import type { Inject, Scene } from './scene.js'

export const slowDisk: Inject = (scene) => {
  const machine = scene.machine()
  const ms = scene.dice.integer(1500)
  machine.slowUntil = scene.world.now + ms
  scene.tell(`the disk of ${machine.id} is slow for ${ms} ms`)
}

/** One fsync takes long. In production the whole thread waits for it; here it may go on, which must be right too. */
export const stallDisk: Inject = (scene) => {
  const machine = scene.machine()
  const ms = scene.dice.chance(0.7) ? scene.dice.integer(500) : scene.dice.integer(4000)
  const isThreadBlocked = scene.dice.chance(0.5)
  machine.stalledUntil = scene.world.now + ms
  if (isThreadBlocked) pauseReplicaFor(scene, machine, ms)
  scene.tell(`the disk of ${machine.id} stalls for ${ms} ms`)
}

/** Nobody knows whether the transaction is there. */
export const failFsync: Inject = (scene) => fail(scene, 'fsync', scene.dice.chance(0.5))

/** The transaction is certainly not there. */
export const fillDisk: Inject = (scene) => fail(scene, 'full', false)

function fail(scene: Scene, kind: DiskTrouble['kind'], isWritten: boolean): void {
  const machine = scene.machine()
  const endsAfterMs = scene.dice.integer(1500)
  const startsAfterMs = scene.dice.integer(500)
  // One that must not be started again yet would stay failed.
  if (machine.trouble !== undefined || scene.budget.isOldCopy(machine)) return
  const onFailed = (): void => {
    const what = kind === 'full' ? 'is full' : `fails (${isWritten ? '' : 'not '}written)`
    scene.tell(`the disk of ${machine.id} ${what}: its replica is over`)
    const failed = machine.process
    scene.after(endsAfterMs, () => {
      if (machine.process !== failed || !scene.kill(machine)) return
      scene.startAfter(machine, startsAfterMs)
    })
  }
  machine.trouble = { kind, isWritten, onFailed }
}
