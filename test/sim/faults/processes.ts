/** Processes that end: killed anywhere, again and again, all at once, or closed in good order; and start again. */
import type { Machine } from '../../../lib/testing/machine.js'
import type { Process } from '../../../lib/testing/process.js'
import type { Inject, Scene } from './scene.js'

export const crash: Inject = (scene) => {
  const machine = scene.machine()
  const ms = scene.dice.integer(1500)
  if (!scene.kill(machine)) return
  scene.tell(`crash ${machine.id}`)
  scene.startAfter(machine, ms)
}

/** Between two effects of one step: some were executed and some never are. */
export const crashInside: Inject = (scene) => {
  const machine = scene.machine()
  const steps = scene.dice.integer(30)
  const part = scene.dice.next()
  const ms = scene.dice.integer(1500)
  const { process } = machine
  if (process === undefined || process.doom !== undefined) return
  const strike = (after: number, of: number): void => {
    process.doom = undefined
    if (!scene.kill(machine)) return
    scene.tell(`crash ${machine.id} (after effect ${after} of ${of})`)
    scene.startAfter(machine, ms)
  }
  process.doom = { steps, part, strike }
}

/** Again and again, soon after each start. */
export const crashLoop: Inject = (scene) => {
  const machine = scene.machine()
  const times = scene.dice.range(3, 6)
  const waits = Array.from({ length: times * 2 }, () => scene.dice.integer(120))
  if (!scene.kill(machine)) return
  scene.tell(`crash ${machine.id}, ${times} times`)
  const again = (left: number): void => {
    scene.after(waits[left * 2] ?? 0, () => {
      if (machine.process === undefined) scene.world.start(machine)
      if (left === 0) return
      scene.after(waits[left * 2 + 1] ?? 0, () => {
        if (scene.kill(machine)) again(left - 1)
      })
    })
  }
  again(times - 1)
}

/** Every process ends at the same instant; they come back in any order. */
export const powerCut: Inject = (scene) => {
  const { machines } = scene.world
  const waits = machines.map(() => scene.dice.integer(800))
  if (!machines.every((machine) => scene.budget.mayRestart(machine))) return
  scene.tell('power cut')
  for (const machine of machines) scene.kill(machine)
  for (const [index, machine] of machines.entries()) scene.startAfter(machine, waits[index] ?? 0)
}

/** As an application closes: its sessions first, as far as they can be within a time, then the replica. */
export const close: Inject = (scene) => {
  const machine = scene.machine()
  const timeoutMs = scene.dice.pick([50, 2000])
  const ms = scene.dice.integer(1000)
  const { process } = machine
  if (process === undefined || !process.isAlive || !scene.budget.mayRestart(machine)) return
  scene.tell(`close ${machine.id}`)
  const closing = process.views.map((view) => scene.experiment.quit(view, timeoutMs))
  void Promise.all(closing).then(() => end(scene, machine, process, ms))
}

/** Also when everything was healed meanwhile: what began to close must end, and come back. */
function end(scene: Scene, machine: Machine, process: Process, ms: number): void {
  // It crashed first.
  if (machine.process !== process) return
  process.close()
  scene.world.kill(machine, 1)
  scene.world.scheduler.after(ms, () => {
    if (machine.process === undefined) scene.world.start(machine)
  })
}
