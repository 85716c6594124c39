/**
 * The host: drives one replica. It reads the clocks, collects what happens into an inbox, and once per turn of
 * the event loop gives all of it to the replica and executes what comes out: one frame per peer, one transaction,
 * one message per View. While the disk is busy the next batch collects by itself: group commit without a timer.
 *
 * A broken invariant or a failing disk ends the replica, never the process.
 */
import createDebug from 'debug'
import { unreachable } from '../base/assert.js'
import type { Random } from '../base/random.js'
import type { ErrorCode } from '../protocol/error-code.js'
import type { Member } from '../protocol/member.js'
import type { Effect } from '../replica/effect.js'
import type { Input, LinkNumber } from '../replica/input.js'
import type { ReplicaOptions } from '../replica/options.js'
import { Replica } from '../replica/replica.js'
import type { FsyncTrace, ViewInput, ViewOutput } from '../replica/view-message.js'
import { StorageError } from '../storage/storage-error.js'
import type { Recovered, Storage } from '../storage/storage.js'
import type { Link, Transport } from '../transport/transport.js'
import { decodeMessages, encodeFrames } from '../wire/message.js'
import { Admission } from './admission.js'
import { instant } from './clock.js'
import { Disk } from './disk.js'
import { databaseIdentityOf, identityOf } from './identity.js'
import type { DatabaseIdentity } from './identity.js'
import { Outbox } from './outbox.js'
import { ProcessWatch } from './process-watch.js'
import { Traffic } from './traffic.js'

const log = createDebug('vivarium:host')

/** Housekeeping of the disk per idle turn. */
const MAINTENANCE_MS = 4
const MAINTENANCE_PAUSE_MS = 20

export interface HostOptions {
  readonly replica: ReplicaOptions
  readonly random: Random
  /** A storage that was never opened, at birth and for each load from the disk. */
  readonly storage: () => Storage
  /** Lets go of the slot, after the storage was closed for the last time. */
  readonly releaseSlot: () => void
  /** Already open, with what it recovered. */
  readonly opened: { readonly storage: Storage; readonly recovered: Recovered }
  readonly transport: (context: {
    readonly identity: () => Member
    readonly accept: (peer: Member) => string | undefined
  }) => Transport
  /** One batch per turn and View. */
  readonly toView: (view: number, inputs: readonly ViewInput[]) => void
  /** The replica has stopped for good; its database is released right after this. */
  readonly failed: (code: ErrorCode, reason: string) => void
}

interface Peer {
  readonly link: Link
  readonly outbox: Outbox
}

export class Host {
  readonly #options: HostOptions
  readonly #replica: Replica
  readonly #transport: Transport
  readonly #peers = new Map<LinkNumber, Peer>()
  readonly #views = new Map<number, ViewInput[]>()
  readonly #admission = new Admission()
  readonly #processes = new ProcessWatch((replica, incarnationKey) => {
    this.#enqueue({ kind: 'processGone', replica, incarnationKey })
  })
  readonly #disk: Disk
  readonly #traffic = new Traffic()
  /** Views that want to hear of each transaction. */
  readonly #fsyncListeners = new Set<number>()
  #inbox: Input[] = []
  #identity: Member
  #turn: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined
  #maintenance: NodeJS.Timeout | undefined
  #isDue = false
  /** There was a leader since this opening. */
  #hasServed = false
  #isOver = false

  constructor(options: HostOptions) {
    this.#options = options
    const { recovered, storage } = options.opened
    this.#disk = new Disk(storage, options.storage)
    this.#identity = identityOf(options.replica, recovered)
    this.#replica = new Replica(options.replica, options.random)
    this.#transport = options.transport({
      identity: () => this.#identity,
      accept: (peer) => this.#objectionTo(peer),
    })
  }

  /** Rejects if the address cannot be listened on; nothing is left open then but the storage. */
  async start(): Promise<void> {
    await this.#transport.start({
      up: (link) => this.#onUp(link),
      frame: (link, frame) => this.#onFrame(link, frame),
      down: (link) => this.#onDown(link),
      refused: (refusal, detail) => {
        log('refused: %s: %s', refusal, detail)
        this.#traffic.refused(refusal)
        this.#admission.refused(refusal, detail)
      },
      drained: () => undefined,
    })
    // Links may be up already: `start` must come first.
    this.#inbox.unshift({ kind: 'start', recovered: this.#options.opened.recovered })
    this.#scheduleTurn()
  }

  attachView(view: number): void {
    this.#views.set(view, [])
    this.#enqueue({ kind: 'viewAttached', view })
  }

  onView(view: number, outputs: readonly ViewOutput[]): void {
    for (const output of outputs) {
      if (output.kind === 'trace') this.#traceFsyncs(view, output.on.includes('fsync'))
      this.#enqueue({ kind: 'view', view, output })
    }
  }

  /** The one thing that takes time and that the replica itself does not see. */
  #traceFsyncs(view: number, isOn: boolean): void {
    if (isOn) this.#fsyncListeners.add(view)
    else this.#fsyncListeners.delete(view)
    this.#disk.listener = this.#fsyncListeners.size === 0 ? undefined : this.#onFsync
  }

  readonly #onFsync = (trace: FsyncTrace): void => {
    for (const view of this.#fsyncListeners)
      this.#views.get(view)?.push({ kind: 'trace', traces: [trace] })
  }

  /** Lets go of the database at once, synchronously: the process is about to exit. */
  release(): void {
    this.#stop()
    this.#letGo()
  }

  /** Ends everything; resolves when no socket, timer or file is open any more. */
  async close(): Promise<void> {
    this.#stop()
    this.#letGo()
    await this.#transport.close()
  }

  #letGo(): void {
    this.#disk.close()
    this.#options.releaseSlot()
  }

  #stop(): void {
    this.#isOver = true
    clearImmediate(this.#turn)
    clearTimeout(this.#timer)
    clearTimeout(this.#maintenance)
    this.#processes.close()
  }

  #enqueue(input: Input): void {
    if (this.#isOver) return
    this.#inbox.push(input)
    this.#scheduleTurn()
  }

  #scheduleTurn(): void {
    if (this.#isOver) return
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined
      this.#guard(() => this.#runTurn())
    })
  }

  /** The timer only marks that it is time: what has arrived by then is handled first. */
  #scheduleTimeout(): void {
    clearTimeout(this.#timer)
    if (this.#isOver || this.#replica.deadline === Infinity) return
    const delayMs = Math.max(0, this.#replica.deadline - instant().mono)
    this.#timer = setTimeout(() => {
      this.#isDue = true
      this.#scheduleTurn()
    }, Math.ceil(delayMs))
  }

  /**
   * One transaction a turn: whatever the steps after it ask for waits for the next turn, so that the event loop
   * reads its sockets between two waits for the disk.
   */
  #runTurn(): void {
    this.#checkCluster()
    const inputs = this.#inbox
    this.#inbox = []
    for (const input of inputs) this.#step(input)
    if (this.#isDue) this.#timeout()
    // Frames first: the peers' disks then work while ours does.
    this.#flushPeers()
    this.#flushWrites()
    this.#flushPeers()
    this.#flushViews()
    if (this.#hasWork()) this.#scheduleTurn()
    this.#scheduleMaintenance()
    this.#scheduleTimeout()
  }

  #hasWork(): boolean {
    return this.#inbox.length > 0 || this.#isDue || this.#disk.hasWrites
  }

  #timeout(): void {
    this.#isDue = false
    if (instant().mono >= this.#replica.deadline) this.#step({ kind: 'timeout' })
  }

  #step(input: Input): void {
    if (this.#isOver) return
    for (const effect of this.#replica.step(instant(), input)) this.#execute(effect)
  }

  #execute(effect: Effect): void {
    switch (effect.kind) {
      case 'send':
        this.#peers.get(effect.link)?.outbox.push(effect.message)
        return
      case 'persist':
        return this.#disk.push(effect.ticket, effect.writes)
      case 'view':
        this.#views.get(effect.view)?.push(this.#explained(effect.input))
        return
      case 'closeLink':
        return this.#closeLink(effect.link, effect.reason)
      case 'status':
        this.#hasServed ||= effect.status.established
        log('%s', effect.status.waitingFor ?? `replica ${effect.status.leader ?? 0} leads`)
        return
      case 'watchProcess':
        return this.#processes.watch(effect.replica, effect.incarnationKey, effect.process)
      case 'unwatchProcess':
        return this.#processes.unwatch(effect.replica)
      case 'identity':
        return this.#identify(databaseIdentityOf(effect))
      case 'reload':
        return this.#reload(effect.reason)
      case 'failed':
        return this.#fail('REPLICA_FAILED', effect.reason)
      default:
        return unreachable(effect)
    }
  }

  /** On links that are up, whether the replica has heard of them or not, the database would keep its former name. */
  #identify(identity: DatabaseIdentity): void {
    const isRenamed = identity.databaseId !== this.#identity.databaseId
    this.#identity = { ...this.#identity, ...identity }
    if (!isRenamed) return
    for (const number of this.#peers.keys())
      this.#closeLink(number, 'the database has another name')
  }

  /** Of its disk, its links and those whom it turned away the replica knows nothing; whoever asks should. */
  #explained(input: ViewInput): ViewInput {
    if (input.kind !== 'status') return input
    const { status } = input
    const counters = { ...status.counters, ...this.#disk.counters, ...this.#traffic.counters }
    const waitingFor =
      status.waitingFor === undefined ? undefined : status.waitingFor + this.#admission.describe()
    return { kind: 'status', status: { ...status, waitingFor, counters } }
  }

  #objectionTo(peer: Member): string | undefined {
    const objection = this.#admission.objectionTo(this.#identity, peer)
    // For the next turn: nothing may be closed from inside a handshake.
    if (objection !== undefined) this.#scheduleTurn()
    return objection
  }

  /** The data of another cluster was put here. Once there was a leader, strangers are only kept out. */
  #checkCluster(): void {
    if (this.#hasServed) return
    const reason = this.#admission.foreignMajority(this.#options.replica.voterIds)
    if (reason !== undefined) this.#fail('FOREIGN_CLUSTER', reason)
  }

  #flushPeers(): void {
    for (const { link, outbox } of this.#peers.values()) this.#flushPeer(link, outbox)
  }

  #flushPeer(link: Link, outbox: Outbox): void {
    const messages = outbox.take()
    if (messages.length === 0) return
    for (const frame of encodeFrames(messages)) {
      this.#traffic.sent(frame)
      link.send(frame)
    }
  }

  /** One transaction for everything that was asked for since the last one. */
  #flushWrites(): void {
    if (this.#isOver) return
    for (const ticket of this.#disk.flush()) this.#step({ kind: 'persisted', ticket })
  }

  #flushViews(): void {
    for (const [view, inputs] of this.#views) {
      if (inputs.length === 0) continue
      this.#views.set(view, [])
      this.#options.toView(view, inputs)
    }
  }

  #closeLink(number: LinkNumber, reason: string): void {
    const peer = this.#peers.get(number)
    if (peer === undefined) return
    log('closing the link to replica %d: %s', peer.link.peer.replicaId, reason)
    this.#flushPeer(peer.link, peer.outbox)
    peer.link.close(reason)
  }

  #onUp(link: Link): void {
    this.#traffic.up()
    this.#admission.linked(link.peer)
    this.#peers.set(link.number, { link, outbox: new Outbox() })
    this.#enqueue({ kind: 'linkUp', link: link.number, member: link.peer })
  }

  #onFrame(link: Link, frame: Uint8Array): void {
    this.#traffic.received(frame)
    try {
      for (const message of decodeMessages(frame)) {
        this.#enqueue({ kind: 'message', link: link.number, message })
      }
    } catch (error) {
      log('replica %d sent what is no message: %o', link.peer.replicaId, error)
      this.#traffic.refused('BAD_MESSAGE')
      link.close('what it sent is no message')
    }
  }

  #onDown(link: Link): void {
    this.#traffic.down()
    this.#peers.delete(link.number)
    this.#enqueue({ kind: 'linkDown', link: link.number })
  }

  #scheduleMaintenance(): void {
    if (this.#maintenance !== undefined || this.#isOver) return
    this.#maintenance = setTimeout(() => {
      this.#maintenance = undefined
      this.#guard(() => {
        if (this.#disk.maintain(MAINTENANCE_MS)) this.#scheduleMaintenance()
      })
    }, MAINTENANCE_PAUSE_MS)
  }

  /**
   * Memory differs from the leader's: everything is read from the disk again. For the ensemble it is the same
   * opening (its sessions live on), so the key stays, while the counter on disk rises.
   */
  #reload(reason: string): void {
    log('loading from the disk again: %s', reason)
    const { incarnationKey } = this.#identity
    const recovered = { ...this.#disk.reload(), incarnationKey }
    this.#identity = identityOf(this.#options.replica, recovered)
    this.#enqueue({ kind: 'start', recovered })
  }

  #guard(run: () => void): void {
    try {
      run()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      log('over: %o', error)
      this.#fail(error instanceof StorageError ? error.code : 'REPLICA_FAILED', reason)
    }
  }

  #fail(code: ErrorCode, reason: string): void {
    if (this.#isOver) return
    this.#stop()
    // First: whoever reads `alive` must see that it is over before another process can take the slot.
    this.#options.failed(code, reason)
    this.#letGo()
    for (const view of this.#views.keys()) {
      this.#options.toView(view, [{ kind: 'failed', reason, code }])
    }
    this.#transport.close().catch((error: unknown) => log('closing the transport: %o', error))
  }
}
