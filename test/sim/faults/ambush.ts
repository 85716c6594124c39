/**
 * A fault that waits for its moment: a certain message reaches a replica, and shortly afterwards that replica or the one
 * that sent it dies, or their link breaks, or one stands still. So the middle of discovery and of synchronization, which
 * lasts milliseconds, is hit as often as everything else.
 */
import type { Input } from '../../../lib/replica/input.js'
import type { Message } from '../../../lib/replica/message.js'
import type { Process } from '../../../lib/testing/process.js'
import { pauseReplicaFor } from './pauses.js'
import type { Inject, Scene } from './scene.js'

/** Is shown every input right after the replica has taken it. */
export type Ambush = (process: Process, input: Input) => void

const MOMENTS: readonly Message['kind'][] = [
  'followerInfo',
  'leaderInfo',
  'ackEpoch',
  'diff',
  'snap',
  'snapNodes',
  'snapEnd',
  'newLeader',
  'ackNewLeader',
  'upToDate',
]
const BLOWS = ['crash', 'crashPeer', 'breakLink', 'pause', 'pausePeer'] as const
type Blow = (typeof BLOWS)[number]

/** Once for certain among so many of the moments. */
const AMONG = 4
const STARTS_AFTER_MS = 600

export const ambush: Inject = (scene) => {
  const { dice, experiment } = scene
  const moment = dice.pick(MOMENTS)
  const blow = dice.pick(BLOWS)
  const ms = dice.pick([0, 0.5, 5, 30]) * dice.next()
  const lastsMs = dice.integer(STARTS_AFTER_MS)
  let passes = dice.integer(AMONG)
  const spring: Ambush = (process, input) => {
    if (input.kind !== 'message' || input.message.kind !== moment) return
    passes -= 1
    if (passes >= 0) return
    experiment.ambushes.delete(spring)
    const { link } = input
    const peer = process.replica.core?.peer.links.get(link)?.member.replicaId
    scene.after(ms, () => strike(scene, { blow, moment, process, link, peer, lastsMs }))
  }
  experiment.ambushes.add(spring)
}

interface Strike {
  readonly blow: Blow
  readonly moment: string
  readonly process: Process
  readonly link: number
  readonly peer: number | undefined
  readonly lastsMs: number
}

function strike(scene: Scene, { blow, moment, process, link, peer, lastsMs }: Strike): void {
  const victim =
    blow.endsWith('Peer') && peer !== undefined ? scene.world.machine(peer) : process.machine
  const what = `${victim.id} for ${lastsMs} ms, in the middle of something (${moment})`
  switch (blow) {
    case 'breakLink':
      scene.world.network.break(link)
      return scene.tell(`break link ${link} in the middle of something (${moment})`)
    case 'pause':
    case 'pausePeer':
      if (pauseReplicaFor(scene, victim, lastsMs)) scene.tell(`pause ${what}`)
      return
    case 'crash':
    case 'crashPeer':
      if (!scene.kill(victim)) return
      scene.tell(`crash ${what}`)
      return scene.startAfter(victim, lastsMs)
  }
}
