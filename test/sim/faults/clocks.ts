/** Wall clocks that jump or stand still. Monotonic clocks only differ in their rates, drawn with the options. */
import type { Inject } from './scene.js'

const DAY_MS = 86_400_000

export const wallJump: Inject = (scene) => {
  const machine = scene.machine()
  const ms = scene.dice.pick([-DAY_MS, -60_000, -50, 70, 3000, DAY_MS])
  machine.wallOffset += ms
  scene.tell(`the wall clock of ${machine.id} jumps by ${ms} ms`)
}

export const wallFreeze: Inject = (scene) => {
  const { world, dice } = scene
  const machine = scene.machine()
  const ms = dice.integer(3000)
  if (machine.frozenWall !== undefined) return
  machine.frozenWall = machine.wall(world.now)
  scene.tell(`the wall clock of ${machine.id} stands still for ${ms} ms`)
  scene.after(ms, () => {
    machine.frozenWall = undefined
  })
}
