/** Threads that stand still: the replica's, a View's, both. What comes meanwhile waits, and so do their timers. */
import type { TimerOrder } from '../../../lib/testing/actor.js'
import type { Machine } from '../../../lib/testing/machine.js'
import type { ViewHost } from '../../../lib/testing/view-host.js'
import type { Inject, Scene } from './scene.js'

const ORDERS: readonly TimerOrder[] = ['asDue', 'timersFirst', 'timersLast']

/** Looks at its deadline when it wakes only after everything that has come, as the contract of the replica says. */
export function pauseReplicaFor(scene: Scene, machine: Machine, ms: number): boolean {
  const { process } = machine
  if (process === undefined || process.actor.isPaused) return false
  process.actor.pause()
  scene.after(ms, () => process.resume())
  return true
}

function pauseViewFor(scene: Scene, view: ViewHost | undefined, ms: number): boolean {
  const order = scene.dice.pick(ORDERS)
  if (view === undefined || view.actor.isPaused) return false
  view.actor.pause()
  scene.after(ms, () => view.resume(order))
  return true
}

export const pauseReplica: Inject = (scene) => {
  const machine = scene.machine()
  const ms = scene.pauseMs()
  if (pauseReplicaFor(scene, machine, ms))
    scene.tell(`the replica of ${machine.id} stands still for ${ms} ms`)
}

export const pauseView: Inject = (scene) => {
  const machine = scene.machine()
  const ms = scene.pauseMs()
  if (pauseViewFor(scene, machine.process?.views[0], ms))
    scene.tell(`the View of ${machine.id} stands still for ${ms} ms`)
}

/** The whole process is stopped; its threads do not go on at the same moment. */
export const pauseProcess: Inject = (scene) => {
  const machine = scene.machine()
  const ms = scene.pauseMs()
  const viewsMs = ms + scene.dice.integer(50)
  const paused = [
    pauseReplicaFor(scene, machine, ms),
    ...(machine.process?.views ?? []).map((view) => pauseViewFor(scene, view, viewsMs)),
  ]
  if (paused.some(Boolean)) scene.tell(`process ${machine.id} stands still for ${ms} ms`)
}

/** A View sleeps until its replica has trimmed its log past where the View stands, and must be caught up by a snapshot. */
export const lagView: Inject = (scene) => {
  const machine = scene.machine()
  const { process } = machine
  const order = scene.dice.pick(ORDERS)
  const until = scene.world.now + scene.silenceMs * 20
  const view = process?.views.at(-1)
  if (process === undefined || view === undefined || view.actor.isPaused) return
  scene.tell(`a View of ${machine.id} sleeps until the log is trimmed past it`)
  view.actor.pause()
  const wakeLater = (): void => {
    scene.after(50, () => {
      const { core } = process.replica
      const isPast = (core?.history.base ?? 0) > view.position
      if (isPast || !process.isAlive || scene.world.now > until) view.resume(order)
      else wakeLater()
    })
  }
  wakeLater()
}
