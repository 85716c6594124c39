/** Faults of single links: broken, half open, stalled, slow, flapping. Cuts between groups are in partitions.ts. */
import type { LinkEnds } from '../../../lib/testing/network.js'
import type { Inject, Scene } from './scene.js'

function pickLink({ world, dice }: Scene): LinkEnds | undefined {
  const { whole } = world.network
  return whole.length === 0 ? undefined : dice.pick(whole)
}

export const breakLink: Inject = (scene) => {
  const link = pickLink(scene)
  if (link === undefined) return
  scene.tell(`link ${link.number} (${link.members.join('-')}) breaks`)
  scene.world.network.break(link.number)
}

/** One end hears of it at once and may dial anew; the other hears nothing at all for long. */
export const halfOpenLink: Inject = (scene) => {
  const link = pickLink(scene)
  const deaf = scene.dice.integer(2)
  const ms = scene.silenceMs * scene.dice.range(1, 5)
  if (link === undefined) return
  scene.tell(`link ${link.number} is dead, and ${link.members[deaf] ?? 0} is not told`)
  scene.world.network.break(link.number, deaf === 0 ? [ms, 0] : [0, ms])
}

/** Nothing arrives, in one or both directions, and then everything. */
export const stallLink: Inject = (scene) => {
  const link = pickLink(scene)
  const ms = scene.dice.integer(scene.silenceMs * 2)
  const way = scene.dice.integer(3)
  if (link === undefined) return
  scene.tell(`link ${link.number} (${link.members.join('-')}) stalls for ${ms} ms`)
  scene.world.network.stall(link.number, [way === 1 ? 0 : ms, way === 2 ? 0 : ms])
}

export const slowLink: Inject = (scene) => {
  const { world, dice, silenceMs } = scene
  const from = scene.machine()
  const to = scene.machine()
  const factor = dice.range(10, 50)
  const isBothWays = dice.chance(0.5)
  if (from === to) return
  scene.tell(`${from.id} to ${to.id} is ${factor} times as slow${isBothWays ? ', and back' : ''}`)
  const { network } = world
  network.slow(from.id, to.id, factor)
  if (isBothWays) network.slow(to.id, from.id, factor)
  scene.after(dice.integer(silenceMs * 4), () => {
    network.unslow(from.id, to.id, factor)
    if (isBothWays) network.unslow(to.id, from.id, factor)
  })
}

/** Breaks as soon as it is up again, some times. */
export const flapLink: Inject = (scene) => {
  const link = pickLink(scene)
  const times = scene.dice.range(3, 8)
  const waitMs = scene.dice.range(5, 60)
  if (link === undefined) return
  const [one, other] = link.members
  scene.tell(`the link of ${one} and ${other} flaps ${times} times`)
  const flap = (left: number): void => {
    const found = scene.world.network.whole.find(
      ({ members }) => members.includes(one) && members.includes(other),
    )
    if (found !== undefined) scene.world.network.break(found.number)
    if (left > 1) scene.after(waitMs, () => flap(left - 1))
  }
  flap(times)
}
