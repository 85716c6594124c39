/**
 * A few replicas in one process, for tests that follow one story: links that lose nothing, disks that are instant, time
 * that passes only when everybody is idle. Faults and chance are the simulator's (test/sim).
 */
import { Random } from '../../lib/base/random.js'
import type { Request, SessionId, RequestBody } from '../../lib/protocol/request.js'
import { PROTOCOL_VERSION } from '../../lib/protocol/member.js'
import type { Effect } from '../../lib/replica/effect.js'
import type { Input } from '../../lib/replica/input.js'
import { DEFAULT_BOUNDS } from '../../lib/replica/options.js'
import type { ReplicaBounds, ReplicaOptions } from '../../lib/replica/options.js'
import { Replica } from '../../lib/replica/replica.js'
import type { ViewInput, ViewOutput } from '../../lib/replica/view-message.js'
import { Disk } from '../../lib/testing/disk.js'
import type { Txn } from '../../lib/tree/txn.js'
import type { Entry } from '../../lib/zab/entry.js'
import { DEFAULT_TIMING } from '../../lib/zab/options.js'

/** Wall clock minus monotonic clock, ms. */
export const WALL = 1_700_000_000_000
/** The one View of each replica. */
export const VIEW = 1

interface Link {
  readonly number: number
  readonly ends: readonly [Node, Node]
  isUp: boolean
}

export class Node {
  readonly id: number
  disk: Disk
  replica: Replica | undefined
  incarnationKey = 0
  identity = { clusterId: '', databaseId: '', empty: true }
  /** Everything that its View was sent. */
  inputs: ViewInput[] = []
  readonly effects: Effect[] = []

  constructor(id: number, disk: Disk) {
    this.id = id
    this.disk = disk
  }

  /** Txns that its View was sent one by one. */
  get txns(): Entry<Txn>[] {
    return this.inputs.flatMap((input) => (input.kind === 'txns' ? input.entries : []))
  }

  get digest(): number | undefined {
    return this.replica?.core?.tree.digest
  }
}

export class Cluster {
  now = 1000
  readonly nodes: readonly Node[]
  readonly #random = new Random(1)
  readonly #bounds: ReplicaBounds
  readonly #links: Link[] = []
  #queue: (() => void)[] = []
  /** Messages that wait, by whom they are for. */
  readonly #held = new Map<number, (() => void)[]>()
  #newestLink = 0

  constructor(size: number, bounds: Partial<ReplicaBounds> = {}) {
    this.#bounds = { ...DEFAULT_BOUNDS, ...bounds }
    this.nodes = Array.from({ length: size }, (_, index) => {
      return new Node(index + 1, new Disk(this.#random.fork(`disk ${index}`)))
    })
  }

  node(id: number): Node {
    const node = this.nodes.find((each) => each.id === id)
    if (node === undefined) throw new Error(`no node ${id}`)
    return node
  }

  get leader(): Node | undefined {
    return this.nodes.find((node) => {
      const status = node.replica?.status
      return status?.role === 'leading' && status.established
    })
  }

  start(...ids: number[]): void {
    for (const id of ids) this.#start(this.node(id))
    this.settle()
  }

  /** The process is gone; its disk stays. */
  kill(id: number): void {
    const node = this.node(id)
    node.replica = undefined
    for (const link of this.#links) if (link.ends.includes(node)) this.#break(link)
    this.settle()
  }

  /** Asks through the View of that replica. */
  ask(id: number, ...requests: Request[]): void {
    this.output(id, { kind: 'requests', requests })
  }

  output(id: number, output: ViewOutput): void {
    this.#step(this.node(id), { kind: 'view', view: VIEW, output })
    this.settle()
  }

  openSession(id: number, number: number, timeoutMs = 10_000): SessionId {
    const { incarnationKey } = this.node(id)
    const origin = { replica: id, incarnationKey, view: VIEW, number }
    this.ask(id, { kind: 'createSession', origin, timeoutMs })
    const session = this.node(id).replica?.core?.tree.sessionByOrigin(origin)
    if (session === undefined) throw new Error('the session was not created')
    return session.id
  }

  write(id: number, session: SessionId, cxid: number, body: RequestBody): void {
    this.ask(id, { kind: 'request', session, cxid, settled: cxid - 1, body })
  }

  /** What is on its way to that one waits from now on. */
  hold(id: number): void {
    this.#held.set(id, [])
  }

  /** What waited for that one arrives, and nothing waits any more. */
  release(id: number): void {
    this.releaseUntil(id, () => false)
    this.#held.delete(id)
  }

  /** What waits for that one arrives piece by piece until it is true; false if that never was. */
  releaseUntil(id: number, isTrue: () => boolean): boolean {
    for (;;) {
      if (isTrue()) return true
      const next = this.#held.get(id)?.shift()
      if (next === undefined) return false
      next()
      this.settle()
    }
  }

  /** Everything that is on its way arrives. */
  settle(): void {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) next()
  }

  /** Lets time pass, stopping at every deadline. */
  run(ms: number): void {
    const end = this.now + ms
    for (;;) {
      this.settle()
      const due = this.nodes.filter((node) => node.replica !== undefined)
      const next = Math.min(...due.map((node) => node.replica?.deadline ?? Infinity))
      if (next > end) break
      this.now = Math.max(this.now, next)
      for (const node of due) {
        if ((node.replica?.deadline ?? Infinity) <= this.now) this.#step(node, { kind: 'timeout' })
      }
    }
    this.now = end
  }

  #start(node: Node): void {
    const options: ReplicaOptions = {
      id: node.id,
      voterIds: this.nodes.map(({ id }) => id),
      process: { bootId: 'boot', pidNamespace: 'pids', pid: node.id, startTime: this.now },
      timing: DEFAULT_TIMING,
      bounds: this.#bounds,
    }
    node.inputs = []
    node.replica = new Replica(
      options,
      this.#random.fork(`replica ${node.id} ${node.disk.incarnation}`),
    )
    const recovered = node.disk.recover()
    node.incarnationKey = recovered.incarnationKey
    this.#step(node, { kind: 'start', recovered })
    this.#step(node, { kind: 'viewAttached', view: VIEW })
    for (const other of this.nodes) {
      if (other !== node && other.replica !== undefined) this.#connect(node, other)
    }
  }

  #step(node: Node, input: Input): void {
    if (node.replica === undefined) return
    const effects = node.replica.step({ mono: this.now, wall: WALL + this.now }, input)
    for (const effect of effects) this.#execute(node, node.replica, effect)
  }

  #execute(node: Node, replica: Replica, effect: Effect): void {
    const isCurrent = (): boolean => node.replica === replica
    node.effects.push(effect)
    switch (effect.kind) {
      case 'send': {
        const link = this.#links.find(({ number }) => number === effect.link)
        if (link === undefined || !link.isUp) return
        const peer = link.ends[0] === node ? link.ends[1] : link.ends[0]
        const arrive = (): void => {
          if (link.isUp)
            this.#step(peer, { kind: 'message', link: link.number, message: effect.message })
        }
        ;(this.#held.get(peer.id) ?? this.#queue).push(arrive)
        return
      }
      case 'persist':
        node.disk.write(effect.writes)
        this.#queue.push(() => {
          if (isCurrent()) this.#step(node, { kind: 'persisted', ticket: effect.ticket })
        })
        return
      case 'view': {
        node.inputs.push(effect.input)
        const { kind } = effect.input
        if (kind !== 'txns' && !kind.startsWith('snapshot')) return
        this.#queue.push(() => {
          const output: ViewOutput = { kind: 'credit', messages: 1, lastZxid: 0, digest: 0 }
          if (isCurrent()) this.#step(node, { kind: 'view', view: VIEW, output })
        })
        return
      }
      case 'closeLink': {
        const link = this.#links.find(({ number }) => number === effect.link)
        if (link === undefined || !link.isUp) return
        this.#break(link)
        this.#queue.push(() => this.#connect(link.ends[0], link.ends[1]))
        return
      }
      case 'identity':
        node.identity = effect
        return
      case 'reload':
        this.#queue.push(() => {
          if (!isCurrent()) return
          const recovered = node.disk.reload(node.incarnationKey)
          this.#step(node, { kind: 'start', recovered })
        })
        return
      case 'failed':
        throw new Error(`replica ${node.id} failed: ${effect.reason}`)
      case 'status':
      case 'watchProcess':
      case 'unwatchProcess':
    }
  }

  #break(link: Link): void {
    if (!link.isUp) return
    link.isUp = false
    for (const end of link.ends) {
      this.#queue.push(() => this.#step(end, { kind: 'linkDown', link: link.number }))
    }
  }

  #connect(a: Node, b: Node): void {
    if (a.replica === undefined || b.replica === undefined) return
    this.#newestLink += 1
    const link: Link = { number: this.#newestLink, ends: [a, b], isUp: true }
    this.#links.push(link)
    for (const [end, peer] of [
      [a, b],
      [b, a],
    ] as const) {
      this.#queue.push(() => {
        if (!link.isUp) return
        this.#step(end, {
          kind: 'linkUp',
          link: link.number,
          member: {
            protocol: PROTOCOL_VERSION,
            clusterId: peer.identity.clusterId,
            databaseId: peer.identity.databaseId,
            empty: peer.identity.empty,
            replicaId: peer.id,
            voterIds: this.nodes.map(({ id }) => id),
            role: 'voter',
            incarnation: peer.disk.incarnation,
            incarnationKey: peer.incarnationKey,
            process: { bootId: 'boot', pidNamespace: 'pids', pid: peer.id, startTime: 0 },
          },
        })
      })
    }
  }
}
