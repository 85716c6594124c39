/**
 * A member as far as consensus goes: a `Peer` whose txns are names. What lies around it in a replica is as small as
 * it can be: a snapshot is one message that says where it ends, and a leader gives the vote back as a replica's does.
 */
import { Random } from '../../lib/base/random.js'
import type { Zxid } from '../../lib/protocol/zxid.js'
import { epochOf, counterOf } from '../../lib/protocol/zxid.js'
import type { Registration } from '../../lib/zab/entry.js'
import type { ZabEffect } from '../../lib/zab/effect.js'
import type { Leading } from '../../lib/zab/leading.js'
import type { ZabMessage } from '../../lib/zab/message.js'
import type { ZabOptions, ZabTiming } from '../../lib/zab/options.js'
import type { Peer, ZabCounter } from '../../lib/zab/peer.js'
import type { Journal } from '../../lib/zab/journal.js'
import type { ZabWrite } from '../../lib/zab/write.js'
import { canonical } from './canonical.js'
import { LAID_OPEN } from './library.js'
import type { Library } from './library.js'
import { VOTER_IDS, incarnationKeyOf } from './machine.js'
import type { AnyWrite, Carried, Facts, Image, Machine, MachineInput, Output } from './machine.js'
import type { MachineKind } from './machine.js'

/** As in production, but that a round ends before its votes are repeated. */
export const TIMING: ZabTiming = {
  tickMs: 100,
  silenceMs: 3000,
  initMs: 10_000,
  finalizeMs: 100,
  notificationMs: 200,
  notificationMaxMs: 3000,
}

interface SnapshotMessage extends Carried {
  readonly kind: 'snapshot'
  readonly end: Zxid
}

export function peerKind(library: Library): MachineKind {
  return {
    open: (id, image) => {
      const machine = new PeerMachine(library, id, image)
      return { machine, outputs: machine.start() }
    },
    write: writeLog,
  }
}

class PeerMachine implements Machine {
  readonly #library: Library
  readonly #id: number
  readonly #incarnation: number
  readonly #journal: Journal<ZabWrite<string>>
  readonly #peer: Peer<string>
  #now = 0
  #durable = 0
  #outputs: Output[] = []
  /** Link over which a snapshot is on its way. */
  #receiving: number | undefined

  constructor(library: Library, id: number, image: Image) {
    this.#library = library
    this.#id = id
    this.#incarnation = image.incarnation
    const incarnationKey = incarnationKeyOf(id, image.incarnation)
    const options: ZabOptions<string> = {
      id,
      voterIds: VOTER_IDS,
      incarnation: { incarnation: image.incarnation, incarnationKey },
      sizeOf: () => 1,
      timing: TIMING,
      counterMax: 1000,
      windowBytes: 1000,
    }
    this.#journal = new library.Journal()
    const recovered = {
      meta: image.meta,
      incarnation: image.incarnation,
      incarnationKey,
      base: image.base,
      entries: image.entries as { zxid: number; txn: string }[],
      damage: undefined,
    }
    const history = new library.History(recovered, image.base, this.#journal, options.sizeOf)
    const random = new Random(incarnationKey)
    this.#peer = new library.Peer(options, history, this.#journal, random)
  }

  start(): readonly Output[] {
    this.#peer.start(0)
    return this.#finish()
  }

  step(input: MachineInput): readonly Output[] {
    this.#take(input)
    return this.#finish()
  }

  canonical(): string {
    const now = { ms: this.#now, durable: this.#durable }
    const text = canonical(this.#peer, now)
    return `${this.#id}.${this.#incarnation} ${this.#receiving ?? ''} ${text}`
  }

  facts(): Facts {
    const { role, history, deadline } = this.#peer
    const { Leading, Following } = this.#library
    const dueMs = deadline - this.#now
    const established = role instanceof Leading && role.isEstablished
    const serving = established || (role instanceof Following && role.isServing)
    const leader = role instanceof Following ? role.leader : undefined
    const place = (role as unknown as Record<string, { kind: string } | undefined>)[
      LAID_OPEN + (role instanceof Leading ? 'phase' : 'stage')
    ]
    return {
      role: role.state,
      stage: place?.kind ?? '',
      epoch: role instanceof Leading ? role.epoch : history.meta.currentEpoch,
      established,
      serving,
      leader: role instanceof Leading ? this.#id : leader,
      voter: history.isVoter,
      empty: history.isEmpty,
      lastZxid: history.lastZxid,
      committed: history.committed,
      dueMs,
      finalizing: role.state === 'looking' && dueMs <= TIMING.finalizeMs,
      canAsk: established,
      links: VOTER_IDS.map((other) => this.#peer.links.of(other)?.link ?? 0),
      pending: 0,
    }
  }

  counters(): ReadonlyMap<ZabCounter, number> {
    return this.#peer.counters
  }

  #take(input: MachineInput): void {
    const peer = this.#peer
    switch (input.kind) {
      case 'up':
        return peer.onLinkUp(this.#now, input.link, input.member)
      case 'down':
        return peer.onLinkDown(this.#now, input.link)
      case 'message':
        return this.#onMessage(input.link, input.message)
      case 'persisted':
        this.#durable += 1
        this.#journal.persisted(this.#durable)
        return peer.onPersisted(this.#now, this.#durable)
      case 'pass':
        this.#now += input.ms
        return
      case 'timeout':
        this.#now = Math.max(this.#now, peer.deadline)
        return peer.onTimeout(this.#now)
      case 'stall':
        this.#now = Math.max(this.#now + TIMING.initMs, peer.deadline)
        return peer.onTimeout(this.#now)
      case 'lead':
        return peer.lead(new Map())
      case 'follow': {
        const link = peer.links.get(input.link)
        if (link !== undefined) peer.follow(link)
        return
      }
      case 'ask':
        return this.#propose(input.request, undefined)
    }
  }

  #onMessage(link: number, message: Carried): void {
    if (message.kind !== 'snapshot') {
      return this.#peer.onMessage(this.#now, link, message as ZabMessage<string>)
    }
    this.#peer.onHeard(this.#now, link)
    const { role } = this.#peer
    if (this.#receiving !== link || !(role instanceof this.#library.Following)) return
    role.snapshotReceived((message as SnapshotMessage).end)
  }

  /** Proposals and grants bring new effects, which come after those that asked for them. */
  #finish(): readonly Output[] {
    this.#drain()
    this.#peer.flush()
    this.#drain()
    const batch = this.#journal.take()
    if (batch !== undefined) this.#outputs.push({ kind: 'persist', writes: batch.writes })
    const outputs = this.#outputs
    this.#outputs = []
    return outputs
  }

  #drain(): void {
    for (let effects = this.#peer.take(); effects.length > 0; effects = this.#peer.take()) {
      for (const effect of effects) this.#onEffect(effect)
    }
  }

  #onEffect(effect: ZabEffect<string>): void {
    switch (effect.kind) {
      case 'send':
        this.#outputs.push({ kind: 'send', link: effect.link, message: effect.message })
        return
      case 'closeLink':
        this.#outputs.push({ kind: 'close', link: effect.link })
        return
      case 'deliver':
        this.#outputs.push(effect)
        return
      case 'serving':
        return this.#onServing()
      case 'learnerServing':
        return this.#grant(effect.link)
      case 'snapshotWanted':
        return this.#sendSnapshot(effect.link, effect.start)
      case 'snapshotBegins':
        this.#receiving = effect.link
        return
      case 'snapshotInstalled':
      case 'snapshotVoid':
        this.#receiving = undefined
        return
      default:
    }
  }

  #onServing(): void {
    const { role, history } = this.#peer
    if (!(role instanceof this.#library.Leading)) return
    const entries = history.between(history.base, history.lastZxid)
    this.#outputs.push({ kind: 'established', epoch: role.epoch, base: history.base, entries })
  }

  /** What `LeaderSide.learnerServing` does: a voter without a vote is given it. */
  #grant(link: number): void {
    const state = this.#peer.links.get(link)
    const { role } = this.#peer
    if (state === undefined || !(role instanceof this.#library.Leading)) return
    const learner = role.learners.find((each) => each.link.link === link)
    if (learner?.voter !== false) return
    const { replicaId: replica, databaseId, incarnation, incarnationKey } = state.member
    const registration = { replica, databaseId, incarnation, incarnationKey, vote: true }
    this.#propose(`vote of ${databaseId}`, registration)
  }

  #propose(txn: string, registration: Registration | undefined): void {
    const role = this.#peer.role as Leading<string>
    role.propose(role.nextZxid, txn, registration)
  }

  #sendSnapshot(link: number, start: Zxid): void {
    const { role, history } = this.#peer
    if (!(role instanceof this.#library.Leading)) return
    const message: SnapshotMessage = { kind: 'snapshot', end: history.committed }
    this.#outputs.push({ kind: 'send', link, message })
    role.snapshotSent(link, start)
  }
}

/** A disk that holds a log; it checks what it is asked to store. */
export function writeLog(image: Image, writes: readonly AnyWrite[]): Image {
  let { meta, base, entries } = image
  for (const write of writes) {
    switch (write.kind) {
      case 'meta':
        if (write.meta.acceptedEpoch < meta.acceptedEpoch)
          throw new Error('an accepted epoch goes back')
        if (write.meta.currentEpoch < meta.currentEpoch)
          throw new Error('an adopted epoch goes back')
        meta = write.meta
        break
      case 'append':
        for (const entry of write.entries) {
          if (!isNext(entries.at(-1)?.zxid ?? base, entry.zxid)) throw new Error('a gap in a log')
          entries = [...entries, entry]
        }
        break
      case 'truncate':
        if (write.after < base) throw new Error('a truncation below the log')
        entries = entries.filter(({ zxid }) => zxid <= write.after)
        break
      case 'resetLog':
        base = write.base
        entries = []
        break
      case 'trim':
        base = Math.max(base, write.upTo)
        entries = entries.filter(({ zxid }) => zxid > write.upTo)
        break
      default:
    }
  }
  if (epochOf(entries.at(-1)?.zxid ?? base) > meta.currentEpoch)
    throw new Error('a log is of an epoch that was never adopted')
  return { ...image, meta, base, entries }
}

function isNext(last: Zxid, next: Zxid): boolean {
  return next === last + 1 || (epochOf(next) > epochOf(last) && counterOf(next) === 1)
}
