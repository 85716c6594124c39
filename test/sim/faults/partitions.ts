/** Cuts between members: what is on its way is held and arrives when the cut is healed, as in a dead network. */
import { Leading } from '../../../lib/zab/leading.js'
import type { Process } from '../../../lib/testing/process.js'
import { majorityOf } from '../../../lib/zab/election.js'
import type { Inject, Scene } from './scene.js'

type Cut = readonly [from: number, to: number]

/** Which of two members' directions are cut. */
function directions(scene: Scene, one: number, other: number, isOneWay: boolean): Cut[] {
  if (!isOneWay)
    return [
      [one, other],
      [other, one],
    ]
  return scene.dice.chance(0.5) ? [[one, other]] : [[other, one]]
}

function mayBeOneWay({ experiment, dice }: Scene): boolean {
  const isOneWay = dice.chance(0.5)
  return experiment.options.oneWayPartitions && isOneWay
}

function idsOf({ world }: Scene): number[] {
  return world.machines.map(({ id }) => id)
}

/** Every two members, the lower id first. */
function pairsOf(scene: Scene): Cut[] {
  const ids = idsOf(scene)
  return ids.flatMap((one) => ids.filter((other) => other > one).map((other): Cut => [one, other]))
}

/** Cuts all at once, and heals all at once after a while. */
function apply(scene: Scene, what: string, cuts: readonly Cut[]): void {
  const { network } = scene.world
  const ms = scene.dice.integer(scene.silenceMs * 4)
  if (cuts.length === 0) return
  scene.tell(`${what}: ${cuts.map(([from, to]) => `${from}>${to}`).join(' ')} for ${ms} ms`)
  for (const [from, to] of cuts) network.block(from, to)
  scene.after(ms, () => {
    for (const [from, to] of cuts) network.unblock(from, to)
  })
}

/** In two parts; perhaps only one of them hears the other. */
export const partition: Inject = (scene) => {
  const isOneWay = mayBeOneWay(scene)
  const isForward = scene.dice.chance(0.5)
  const isLeft = new Map(idsOf(scene).map((id) => [id, scene.dice.chance(0.5)]))
  const cuts = pairsOf(scene).flatMap(([one, other]): Cut[] => {
    if (isLeft.get(one) === isLeft.get(other)) return []
    if (!isOneWay) return directions(scene, one, other, false)
    return isLeft.get(one) === isForward ? [[one, other]] : [[other, one]]
  })
  apply(scene, isOneWay ? 'partition, one way' : 'partition', cuts)
}

/** Single pairs: two that do not hear each other may both hear a third. */
export const cutPairs: Inject = (scene) => {
  const isOneWay = mayBeOneWay(scene)
  const cuts = pairsOf(scene).flatMap(([one, other]): Cut[] => {
    return scene.dice.chance(0.4) ? directions(scene, one, other, isOneWay) : []
  })
  apply(scene, 'cut pairs', cuts)
}

/** Nobody hears the leader, or it hears nobody, or both. */
export const isolateLeader: Inject = (scene) => {
  const leader = scene.world.processes.find(isLeading)
  const isDeaf = scene.dice.chance(0.7)
  const isDumb = !isDeaf || scene.dice.chance(0.6)
  if (leader === undefined) return
  const others = idsOf(scene).filter((id) => id !== leader.id)
  const cuts = others.flatMap((id): Cut[] => [
    ...(isDeaf ? [[id, leader.id] as const] : []),
    ...(isDumb ? [[leader.id, id] as const] : []),
  ])
  apply(scene, 'leader alone', cuts)
}

function isLeading({ replica }: Process): boolean {
  const role = replica.core?.peer.isStarted === true ? replica.core.peer.role : undefined
  return role instanceof Leading && role.isEstablished
}

/** Two halves that have one member in common. */
export const bridge: Inject = (scene) => {
  const [common = 0, ...others] = scene.shuffled(idsOf(scene))
  const left = others.slice(0, Math.ceil(others.length / 2))
  const right = others.slice(left.length)
  const cuts = left.flatMap((one) => {
    return right.flatMap((other) => directions(scene, one, other, false))
  })
  apply(scene, `bridge over ${common}`, cuts)
}

/** Each hears a majority, and no two the same one. */
export const ring: Inject = (scene) => {
  const order = scene.shuffled(idsOf(scene))
  const reach = Math.ceil((majorityOf(order.length) - 1) / 2)
  const cuts = pairsOf(scene).flatMap(([one, other]) => {
    const apart = Math.abs(order.indexOf(one) - order.indexOf(other))
    const distance = Math.min(apart, order.length - apart)
    return distance > reach ? directions(scene, one, other, false) : []
  })
  apply(scene, 'ring', cuts)
}

/** Some directions are stopped one by one, and healed one by one in another order. */
export const swizzle: Inject = (scene) => {
  const { network } = scene.world
  const both = pairsOf(scene).flatMap(([one, other]) => directions(scene, one, other, false))
  const cuts = both.filter(() => scene.dice.chance(0.4))
  const stopMs = scene.dice.integer(scene.silenceMs * 2)
  const healMs = scene.dice.integer(scene.silenceMs * 2)
  const moments = cuts.map((cut) => {
    const at = scene.dice.next() * stopMs
    return { cut, at, until: stopMs + scene.dice.next() * healMs }
  })
  if (cuts.length === 0) return
  scene.tell(`swizzle: ${cuts.map(([from, to]) => `${from}>${to}`).join(' ')}`)
  for (const { cut, at, until } of moments) {
    scene.after(at, () => {
      network.block(...cut)
      scene.after(until - at, () => network.unblock(...cut))
    })
  }
}
