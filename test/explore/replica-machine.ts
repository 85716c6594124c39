/**
 * A whole replica, with a View behind one of them that asks for things: what lies around consensus is there, so that
 * requests, the session table, snapshots and registrations take part.
 */
import { Random } from '../../lib/base/random.js'
import type { RequestBody, SessionOrigin } from '../../lib/protocol/request.js'
import type { Effect } from '../../lib/replica/effect.js'
import type { Input } from '../../lib/replica/input.js'
import type { Message } from '../../lib/replica/message.js'
import { DEFAULT_BOUNDS } from '../../lib/replica/options.js'
import type { ReplicaBounds, ReplicaOptions } from '../../lib/replica/options.js'
import type { Replica } from '../../lib/replica/replica.js'
import type { Core } from '../../lib/replica/core.js'
import type { SnapshotTail, ZnodeRecord } from '../../lib/tree/record.js'
import type { Txn } from '../../lib/tree/txn.js'
import type { Entry } from '../../lib/zab/entry.js'
import type { ZabCounter } from '../../lib/zab/peer.js'
import { canonical } from './canonical.js'
import { LAID_OPEN } from './library.js'
import type { Library } from './library.js'
import { VOTER_IDS, incarnationKeyOf } from './machine.js'
import type {
  AnyWrite,
  Facts,
  Image,
  Machine,
  MachineInput,
  MachineKind,
  Output,
} from './machine.js'
import { TIMING, writeLog } from './peer-machine.js'

const VIEW = 1
const WALL = 1_700_000_000_000
/** Long enough to outlive everything that is gone through here. */
const SESSION_TIMEOUT_MS = 1e9

/** Snapshots on a disk: the one that is complete, and those that are being written. */
interface Snapshots {
  readonly complete: { readonly tail: SnapshotTail; readonly nodes: Nodes } | undefined
  readonly open: readonly (readonly [number: number, nodes: Nodes])[]
  readonly next: number
}

type Nodes = readonly (readonly ZnodeRecord[])[]

const NO_SNAPSHOTS: Snapshots = { complete: undefined, open: [], next: 1 }

/** @param boundsOf  What each member has of its own. */
export function replicaKind(
  library: Library,
  boundsOf: (id: number) => Partial<ReplicaBounds>,
): MachineKind {
  return {
    open: (id, image) => {
      const machine = new ReplicaMachine(library, id, image, boundsOf(id))
      return { machine, outputs: machine.start(image) }
    },
    write: (image, writes) => ({
      ...writeLog(image, writes),
      snapshot: writeSnapshots((image.snapshot as Snapshots | undefined) ?? NO_SNAPSHOTS, writes),
    }),
  }
}

class ReplicaMachine implements Machine {
  readonly #library: Library
  readonly #id: number
  readonly #incarnationKey: number
  readonly #replica: Replica
  #now = 0
  #durable = 0
  #cxid = 0
  #epoch = 0

  constructor(library: Library, id: number, image: Image, bounds: Partial<ReplicaBounds>) {
    this.#library = library
    this.#id = id
    this.#incarnationKey = incarnationKeyOf(id, image.incarnation)
    const options: ReplicaOptions = {
      id,
      voterIds: VOTER_IDS,
      process: undefined,
      timing: TIMING,
      bounds: { ...DEFAULT_BOUNDS, ...bounds },
    }
    this.#replica = new library.Replica(options, new Random(id))
  }

  start(image: Image): readonly Output[] {
    const snapshots = (image.snapshot as Snapshots | undefined) ?? NO_SNAPSHOTS
    const recovered = {
      meta: image.meta,
      incarnation: image.incarnation,
      incarnationKey: this.#incarnationKey,
      base: image.base,
      entries: image.entries as Entry<Txn>[],
      damage: undefined,
      snapshot: snapshots.complete,
      nextSnapshot: snapshots.next,
    }
    const outputs = this.#give({ kind: 'start', recovered })
    return [...outputs, ...this.#give({ kind: 'viewAttached', view: VIEW })]
  }

  step(input: MachineInput): readonly Output[] {
    switch (input.kind) {
      case 'up':
        return this.#give({ kind: 'linkUp', link: input.link, member: input.member })
      case 'down':
        return this.#give({ kind: 'linkDown', link: input.link })
      case 'message':
        return this.#give({ ...input, message: input.message as Message })
      case 'persisted':
        this.#durable += 1
        return this.#give({ kind: 'persisted', ticket: this.#durable })
      case 'pass':
        this.#now += input.ms
        return []
      case 'timeout':
        this.#now = Math.max(this.#now, this.#replica.deadline)
        return this.#give({ kind: 'timeout' })
      case 'stall':
        this.#now += TIMING.initMs
        return this.#give({ kind: 'timeout' })
      case 'lead':
        return this.#change(({ peer }) => peer.lead(new Map()))
      case 'follow':
        return this.#change(({ peer }) => {
          const link = peer.links.get(input.link)
          if (link !== undefined) peer.follow(link)
        })
      case 'ask':
        return this.#ask(input.request)
    }
  }

  canonical(): string {
    const text = canonical(this.#replica, { ms: this.#now, durable: this.#durable })
    return `${this.#id}.${this.#incarnationKey} ${this.#cxid} ${text}`
  }

  facts(): Facts {
    const { peer } = this.#core
    const { role, history } = peer
    const { Leading, Following } = this.#library
    const established = role instanceof Leading && role.isEstablished
    const following = role instanceof Following ? role : undefined
    const dueMs = this.#replica.deadline - this.#now
    const place = (role as unknown as Record<string, { kind: string } | undefined>)[
      LAID_OPEN + (role instanceof Leading ? 'phase' : 'stage')
    ]
    return {
      role: role.state,
      stage: place?.kind ?? '',
      epoch: role instanceof Leading ? role.epoch : history.meta.currentEpoch,
      established,
      serving: established || following?.isServing === true,
      leader: role instanceof Leading ? this.#id : following?.leader,
      voter: history.isVoter,
      empty: history.isEmpty,
      lastZxid: history.lastZxid,
      committed: history.committed,
      dueMs,
      finalizing: role.state === 'looking' && peer.deadline - this.#now <= TIMING.finalizeMs,
      canAsk: this.#ownSession() !== undefined,
      links: VOTER_IDS.map((other) => peer.links.of(other)?.link ?? 0),
      pending: this.#pendingRequests(),
    }
  }

  counters(): ReadonlyMap<ZabCounter, number> {
    return this.#core.peer.counters
  }

  get #core(): Core {
    const { core } = this.#replica
    if (core === undefined) throw new Error('its state is in doubt')
    return core
  }

  /** What waits for an answer here, or was asked and is not answered in the state: none may be forgotten. */
  #pendingRequests(): number {
    const session = this.#ownSession()
    const unanswered = session === undefined ? 0 : this.#cxid - session.lastCxid
    return Math.max(unanswered, Number(this.#core.status().counters['requestsPending'] ?? 0))
  }

  #give(input: Input): readonly Output[] {
    return this.#observe(() => this.#replica.step({ mono: this.#now, wall: WALL }, input))
  }

  /** A change of role that no input has asked for. */
  #change(change: (core: Core) => void): readonly Output[] {
    return this.#observe(() => {
      const core = this.#core
      core.peer.now = this.#now
      change(core)
      return core.finish({ mono: this.#now, wall: WALL })
    })
  }

  /** What was decided, and who became a leader, is read off the state. */
  #observe(act: () => readonly Effect[]): readonly Output[] {
    const before = this.#replica.core?.history.committed ?? 0
    const effects = act()
    const outputs: Output[] = []
    const broken = effects.find(({ kind }) => kind === 'reload' || kind === 'failed')
    if (broken !== undefined) return [{ kind: 'broken', what: JSON.stringify(broken) }]
    const { history, peer } = this.#core
    if (history.committed > before && history.base <= before) {
      outputs.push({ kind: 'deliver', entries: history.between(before, history.committed) })
    }
    const { role } = peer
    if (role instanceof this.#library.Leading && role.isEstablished && role.epoch > this.#epoch) {
      this.#epoch = role.epoch
      const entries = history.between(history.base, history.committed)
      outputs.push({ kind: 'established', epoch: role.epoch, base: history.base, entries })
    }
    let credit = 0
    for (const effect of effects) credit += this.#execute(effect, outputs)
    if (credit === 0) return outputs
    const lastZxid = this.#core.tree.lastZxid
    const output = { kind: 'credit', messages: credit, lastZxid, digest: 0 } as const
    return [...outputs, ...this.#give({ kind: 'view', view: VIEW, output })]
  }

  /** Returns what the View gives back for it: a View is never slow here. */
  #execute(effect: Effect, outputs: Output[]): number {
    switch (effect.kind) {
      case 'send':
        outputs.push(effect)
        return 0
      case 'closeLink':
        outputs.push({ kind: 'close', link: effect.link })
        return 0
      case 'persist':
        outputs.push({ kind: 'persist', writes: effect.writes })
        return 0
      case 'view': {
        const { kind } = effect.input
        return kind === 'txns' || kind.startsWith('snapshot') ? 1 : 0
      }
      default:
        return 0
    }
  }

  get #origin(): SessionOrigin {
    return { replica: this.#id, incarnationKey: this.#incarnationKey, view: VIEW, number: 1 }
  }

  #ownSession(): { readonly id: number; readonly lastCxid: number } | undefined {
    return this.#core.tree.sessionByOrigin(this.#origin)
  }

  #ask(name: string): readonly Output[] {
    if (name === 'session') {
      const origin = this.#origin
      const request = { kind: 'createSession', origin, timeoutMs: SESSION_TIMEOUT_MS } as const
      const output = { kind: 'requests', requests: [request] } as const
      return this.#give({ kind: 'view', view: VIEW, output })
    }
    const session = this.#ownSession()?.id ?? 0
    this.#cxid += 1
    const body: RequestBody =
      name === 'sync'
        ? { kind: 'sync' }
        : { kind: 'create', path: `/${name}`, data: undefined, ephemeral: false, sequential: false }
    const cxid = this.#cxid
    const request = { kind: 'request', session, cxid, settled: 0, body } as const
    return this.#give({
      kind: 'view',
      view: VIEW,
      output: { kind: 'requests', requests: [request] },
    })
  }
}

function writeSnapshots(snapshots: Snapshots, writes: readonly AnyWrite[]): Snapshots {
  let { complete, open, next } = snapshots
  for (const write of writes) {
    if (write.kind === 'snapshotNodes') {
      const nodes = [...nodesOf(open, write.snapshot), write.nodes]
      open = [...without(open, write.snapshot), [write.snapshot, nodes] as const]
      next = Math.max(next, write.snapshot + 1)
    } else if (write.kind === 'snapshotComplete') {
      complete = { tail: write.tail, nodes: nodesOf(open, write.snapshot) }
      open = without(open, write.snapshot)
    } else if (write.kind === 'snapshotAbort') open = without(open, write.snapshot)
  }
  return { complete, open, next }
}

function nodesOf(open: Snapshots['open'], number: number): Nodes {
  return open.find((each) => each[0] === number)?.[1] ?? []
}

function without(open: Snapshots['open'], number: number): Snapshots['open'] {
  return open.filter((each) => each[0] !== number)
}
