/**
 * The application of one View: several sessions, each with pipelined random requests, reads with watches that are set
 * again when they fire. It reports everything that it does and is told.
 */
import type { Random } from '../../lib/base/random.js'
import { ZooKeeperError } from '../../lib/protocol/zookeeper-error.js'
import type { SessionId } from '../../lib/protocol/request.js'
import type { Stat } from '../../lib/protocol/stat.js'
import type { WatchEvent } from '../../lib/protocol/watch-event.js'
import type { ReplicaHandle } from '../../lib/session/handle.js'
import { op } from '../../lib/session/op.js'
import type { Op } from '../../lib/session/op.js'
import type { Session } from '../../lib/session/session.js'
import type { ViewHost } from '../../lib/testing/view-host.js'
import type { Experiment } from './experiment.js'
import type { Settled, Shown, WriteKind } from './observation.js'

const PATHS = ['/a', '/b', '/c', '/a/x', '/a/y', '/q', '/b/z']
const QUEUE = '/q'

/** One session of the library, and what the workload knows of it. */
interface Open {
  readonly number: number
  readonly session: Session
  /** Requests issued so far: the cxid of the last one. */
  asked: number
  unsettled: number
  isClosing: boolean
  isClosedByOwner: boolean
}

/** What a request answered, to be compared with its txn. */
type Answer = Pick<Settled, 'path' | 'mzxid' | 'version'>

// Sessions ask their replica for nothing while the workload does not.
const NO_HANDLE = {} as ReplicaHandle

export class Client {
  readonly host: ViewHost
  readonly #experiment: Experiment
  readonly #random: Random
  readonly #open = new Map<number, Open>()
  /** Sessions that the ensemble has ended and that have not been told yet. */
  #ended: Open[] = []
  #opening = 0
  #isAbandoned = false

  constructor(experiment: Experiment, host: ViewHost, random: Random) {
    this.#experiment = experiment
    this.host = host
    this.#random = random
    this.#scheduleBurst()
  }

  /** Requests and openings that are not settled. */
  get pending(): number {
    let pending = this.#opening
    for (const { unsettled } of this.#open.values()) pending += unsettled
    return pending
  }

  /** Sessions that are connected, and so owned. */
  get liveSessions(): SessionId[] {
    return [...this.#open.values()]
      .filter(({ session }) => session.state === 'connected')
      .map(({ session }) => session.id)
  }

  get sessions(): readonly Session[] {
    return [...this.#open.values()].map(({ session }) => session)
  }

  /** The process died: nobody waits for anything any more. */
  abandon(): void {
    this.#isAbandoned = true
    for (const { number } of this.#open.values())
      this.#experiment.observe({ kind: 'abandoned', session: number })
    this.#open.clear()
    this.#ended = []
  }

  /** The ensemble has ended that session: from now on nobody may believe in it. */
  onEnded(session: SessionId): void {
    for (const open of this.#open.values()) if (open.session.id === session) this.#ended.push(open)
    this.checkLeases()
  }

  checkLeases(): void {
    for (const { session } of this.#ended) {
      this.#experiment.observe({ kind: 'lease', session: session.id, alive: session.alive })
    }
    this.#ended = this.#ended.filter(({ session }) => !isOver(session))
  }

  #scheduleBurst(): void {
    const { burstEveryMs } = this.#experiment.options
    const ms = burstEveryMs * 2 * this.#random.next()
    this.#experiment.scheduler.after(ms, () => {
      if (this.#isAbandoned || this.#experiment.isIdle) return
      this.host.actor.deliver(() => {
        this.#burst()
        this.#experiment.scheduler.isTouched = true
      })
      this.#scheduleBurst()
    })
  }

  #burst(): void {
    this.checkLeases()
    const { sessionsPerView, burstMax } = this.#experiment.options
    if (this.#open.size + this.#opening < sessionsPerView) this.#openSession()
    const opens = [...this.#open.values()].filter(({ isClosing }) => !isClosing)
    if (opens.length === 0) return
    const open = this.#random.pick(opens)
    if (this.#random.chance(0.01)) return this.#close(open)
    // A workload that outruns the ensemble for good would only test memory.
    if (open.unsettled > this.#experiment.options.pipelineMax) return
    const count = this.#random.range(1, burstMax)
    for (let index = 0; index < count; index += 1) this.#act(open)
  }

  #openSession(): void {
    const experiment = this.#experiment
    const timeout = this.#random.pick(experiment.options.sessionTimeoutsMs)
    this.#opening += 1
    this.host.view.openSession({ timeout }, { replica: NO_HANDLE }).then(
      (session) => this.#onOpened(session),
      (error: unknown) => experiment.failed('open', `a session was refused: ${String(error)}`),
    )
  }

  #onOpened(session: Session): void {
    this.#opening -= 1
    if (this.#isAbandoned) return
    const number = this.#experiment.nextNumber()
    const open: Open = {
      number,
      session,
      asked: 0,
      unsettled: 0,
      isClosing: false,
      isClosedByOwner: false,
    }
    this.#open.set(number, open)
    this.#experiment.observe({ kind: 'opened', number, session: session.id })
    session.on('state', (state) => {
      if (this.#isAbandoned) return
      if (state === 'expired' || state === 'closed') this.#onOver(open)
      if (state === 'failed') this.#experiment.failed('session failed', `session ${number}`)
    })
    if (session.state === 'expired') this.#onOver(open)
  }

  /** Its pending requests are rejected in the same turn, but their owner hears of it a little later. */
  #onOver(open: Open): void {
    this.#experiment.observe({ kind: 'ended', session: open.number })
    open.isClosing = true
    this.#forgetWhenSettled(open)
  }

  #forgetWhenSettled(open: Open): void {
    if (open.unsettled === 0 && isOver(open.session)) {
      this.#open.delete(open.number)
    }
  }

  #close(open: Open): void {
    open.isClosing = true
    open.isClosedByOwner = true
    open.asked += 1
    void open.session
      .close({ timeout: this.#random.pick([500, 60_000]) })
      .then(() => this.#forgetWhenSettled(open))
  }

  #act(open: Open): void {
    if (isOver(open.session)) return
    const random = this.#random
    const path = random.pick(PATHS)
    const draw = random.next()
    if (draw < 0.17) this.#create(open, path, random.chance(0.25), false)
    else if (draw < 0.27) this.#create(open, `${QUEUE}/n-`, random.chance(0.5), true)
    else if (draw < 0.47) this.#setData(open, path)
    else if (draw < 0.56) this.#delete(open, path)
    else if (draw < 0.64) this.#deleteChild(open)
    else if (draw < 0.72) this.#multi(open)
    else if (draw < 0.76) this.#ask(open, 'sync', open.session.sync(), () => ({}))
    else if (draw < 0.86) this.#readSync(open, path)
    else this.#read(open, path)
  }

  #create(open: Open, path: string, ephemeral: boolean, sequential: boolean): void {
    const created = open.session.create(path, this.#value(), { ephemeral, sequential, stat: true })
    this.#ask(open, 'create', created, (result) => ({
      path: result.path,
      mzxid: result.stat.mzxid,
    }))
  }

  #setData(open: Open, path: string): void {
    const version = this.#random.chance(0.7) ? -1 : this.#random.integer(4)
    const set = open.session.setData(path, this.#value(), version)
    this.#ask(open, 'setData', set, ({ mzxid, version: found }) => ({ mzxid, version: found }))
  }

  #delete(open: Open, path: string): void {
    this.#ask(open, 'delete', open.session.delete(path), () => ({}))
  }

  /** Keeps the queue short. */
  #deleteChild(open: Open): void {
    const children =
      open.session.existsSync(QUEUE) === null ? [] : open.session.getChildrenSync(QUEUE).children
    const child = children.length === 0 ? 'none' : this.#random.pick(children)
    this.#delete(open, `${QUEUE}/${child}`)
  }

  #multi(open: Open): void {
    const paths = new Set([
      this.#random.pick(PATHS),
      this.#random.pick(PATHS),
      this.#random.pick(PATHS),
    ])
    const ops = [...paths].map((path): Op => {
      const draw = this.#random.integer(4)
      if (draw === 0) return op.create(path, this.#value(), { ephemeral: this.#random.chance(0.2) })
      if (draw === 1) return op.setData(path, this.#value())
      if (draw === 2) return op.delete(path)
      return op.check(path)
    })
    this.#ask(open, 'multi', open.session.multi(ops), () => ({}))
  }

  #ask<T>(open: Open, write: WriteKind, promise: Promise<T>, answer: (result: T) => Answer): void {
    const experiment = this.#experiment
    const request = experiment.nextNumber()
    open.asked += 1
    open.unsettled += 1
    experiment.observe({
      kind: 'asked',
      request,
      session: open.session.id,
      cxid: open.asked,
      write,
    })
    promise.then(
      (result) =>
        this.#onSettled(open, { kind: 'settled', request, code: 'OK', ...answer(result) }),
      (error: unknown) =>
        this.#onSettled(open, { kind: 'settled', request, code: this.#codeOf(error) }),
    )
  }

  #onSettled(open: Open, settled: Settled): void {
    if (this.#isAbandoned) return
    open.unsettled -= 1
    const { trace, now } = this.#experiment
    trace.add(
      now,
      'settled',
      [settled.request],
      () => `${this.host.name} settled ${settled.request}: ${settled.code}`,
    )
    if (settled.code === 'OUTCOME_UNKNOWN') this.#experiment.onUnknown(this.#isExcused(open))
    this.#experiment.observe(settled)
    this.#forgetWhenSettled(open)
  }

  /** Its owner closed it and did not wait; or it expired, and its View came back by a snapshot. */
  #isExcused({ isClosedByOwner, session }: Open): boolean {
    return isClosedByOwner || (session.state === 'expired' && this.host.snapshots > 1)
  }

  #codeOf(error: unknown): string {
    if (error instanceof ZooKeeperError) return error.code
    this.#experiment.failed('error', `not one of ours: ${String(error)}`)
    return 'UNEXPECTED'
  }

  #readSync(open: Open, path: string): void {
    const { session, number } = open
    const shown =
      session.existsSync(path) === null
        ? undefined
        : shownOf(session.getDataSync(path, { encoding: 'utf8' }))
    this.#experiment.observe({
      kind: 'read',
      read: undefined,
      session: number,
      path,
      shown,
      position: this.host.position,
    })
    if (this.#random.chance(0.3)) this.#watch(open, path)
    else if (this.#random.chance(0.03)) this.#watchFrom(open, path)
  }

  /** Waits for the session's writes; some leave a watch. */
  #read(open: Open, path: string): void {
    const { session, number, asked } = open
    const read = this.#experiment.nextNumber()
    this.#experiment.observe({ kind: 'reading', read, session: number, afterCxid: asked })
    const watch = this.#random.chance(0.5) ? this.#experiment.nextNumber() : undefined
    const listener =
      watch === undefined
        ? undefined
        : (event: WatchEvent): void => this.#onFired(open, watch, event)
    session.getData(path, { watch: listener, encoding: 'utf8' }).then(
      (result) => {
        this.#onRead(open, read, path, shownOf(result))
        if (watch === undefined || this.#isAbandoned || isOver(session)) return
        const { position } = this.host
        this.#experiment.observe({
          kind: 'watched',
          watch,
          session: number,
          path,
          shown: shownOf(result),
          position,
        })
      },
      (error: unknown) => {
        if (this.#codeOf(error) === 'NO_NODE') this.#onRead(open, read, path, undefined)
      },
    )
  }

  #onRead({ number, session }: Open, read: number, path: string, shown: Shown | undefined): void {
    if (this.#isAbandoned || isOver(session)) return
    this.#experiment.observe({
      kind: 'read',
      read,
      session: number,
      path,
      shown,
      position: this.host.position,
    })
  }

  #watch(open: Open, path: string): void {
    const watch = this.#experiment.nextNumber()
    const { session, number } = open
    const stat = session.existsSync(path, { watch: (event) => this.#onFired(open, watch, event) })
    const shown =
      stat === null ? undefined : shownOf(session.getDataSync(path, { encoding: 'utf8' }))
    this.#experiment.observe({
      kind: 'watched',
      watch,
      session: number,
      path,
      shown,
      position: this.host.position,
    })
  }

  #onFired(open: Open, watch: number, { type, path, zxid }: WatchEvent): void {
    if (this.#isAbandoned) return
    this.#experiment.observe({
      kind: 'fired',
      watch,
      type,
      path,
      zxid,
      position: this.host.position,
    })
    if (this.#experiment.isIdle || open.isClosing || this.#random.chance(0.3)) return
    // In the callback itself: what it reads is the state right after the change.
    this.#watch(open, path)
  }

  #watchFrom(open: Open, path: string): void {
    const watch = this.#experiment.nextNumber()
    const { position, snapshots } = this.host
    this.#experiment.observe({
      kind: 'watchedFrom',
      watch,
      session: open.number,
      path,
      position,
      snapshots,
    })
    void open.session.addWatch(path, 'persistent', ({ type, path: where, zxid }) => {
      if (this.#isAbandoned) return
      const { position: at, snapshots: count } = this.host
      this.#experiment.observe({
        kind: 'heard',
        watch,
        type,
        path: where,
        zxid,
        position: at,
        snapshots: count,
      })
    })
  }

  /** Unlike any other, so that each write can be told from all others. */
  #value(): string {
    const length = this.#random.integer(this.#experiment.options.dataBytesMax)
    return `${this.#experiment.nextNumber()}:`.padEnd(length, '.')
  }
}

function isOver({ state }: Session): boolean {
  return state === 'expired' || state === 'closed'
}

function shownOf({ data, stat }: { readonly data: unknown; readonly stat: Stat }): Shown {
  return { data: String(data), version: stat.version, czxid: stat.czxid, mzxid: stat.mzxid }
}
