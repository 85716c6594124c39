/**
 * The application of one View: several sessions that come and go, each with pipelined random requests, reads, and
 * watches that are set again when they fire. It reports everything that it does and is told.
 */
import type { Random } from '../../lib/base/random.js'
import { NO_AUTH } from '../../lib/protocol/acl.js'
import type { Identity } from '../../lib/protocol/acl.js'
import type { SessionId } from '../../lib/protocol/request.js'
import type { ReplicaHandle } from '../../lib/session/handle.js'
import type { Session } from '../../lib/session/session.js'
import type { ViewHost } from '../../lib/testing/view-host.js'
import { Reads, canRead } from './client-reads.js'
import { ABORTED, isOver } from './client-session.js'
import type { Application, Open } from './client-session.js'
import { Watches } from './client-watches.js'
import { Writes } from './client-writes.js'
import type { Experiment } from './experiment.js'
import type { Act } from './options.js'
import { drawPerson } from './people.js'
import { drawContainerStep, drawQuotaStep } from './request-bodies.js'

// Sessions ask their replica for nothing while the workload does not.
const NO_HANDLE = {} as ReplicaHandle

export class Client implements Application {
  readonly host: ViewHost
  readonly experiment: Experiment
  readonly random: Random
  readonly number: number
  isAbandoned = false
  isInCallback = false
  readonly #writes: Writes
  readonly #reads: Reads
  readonly #watches: Watches
  readonly #open = new Map<number, Open>()
  readonly #acts: readonly Act[]
  /** Sessions that the ensemble has ended and that have not been told yet. */
  #ended: Open[] = []
  #opening = 0
  /** It ends in good order. */
  isQuitting = false

  constructor(experiment: Experiment, host: ViewHost, random: Random) {
    this.experiment = experiment
    this.host = host
    this.random = random
    this.number = experiment.nextNumber()
    this.#writes = new Writes(this, (open) => this.#forgetWhenSettled(open))
    this.#reads = new Reads(this)
    this.#watches = new Watches(this, this.#reads, this.#writes)
    this.#acts = Object.entries(experiment.options.workload.mix).flatMap(([act, weight]): Act[] =>
      Array.from({ length: weight }, () => act as Act),
    )
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
    return this.sessions.filter(({ state }) => state === 'connected').map(({ id }) => id)
  }

  get sessions(): readonly Session[] {
    return [...this.#open.values()].map(({ session }) => session)
  }

  /** The process died: nobody waits for anything any more. */
  abandon(): void {
    this.isAbandoned = true
    for (const { number } of this.#open.values())
      this.experiment.observe({ kind: 'abandoned', session: number })
    this.#open.clear()
    this.#ended = []
  }

  /** The application ends in good order: its sessions first, then the View. It asks for nothing any more. */
  async quit(timeoutMs: number): Promise<void> {
    this.isQuitting = true
    for (const open of this.#open.values()) {
      if (!open.isClosedByOwner && !isOver(open.session)) this.#writes.observeClosing(open)
    }
    await this.host.view.closeSessions(timeoutMs)
    this.host.view.close()
  }

  /** The ensemble has ended that session: from now on nobody may believe in it. */
  onEnded(session: SessionId): void {
    for (const open of this.#open.values()) if (open.session.id === session) this.#ended.push(open)
    this.checkLeases()
  }

  checkLeases(): void {
    for (const { session } of this.#ended) {
      this.experiment.observe({ kind: 'lease', session: session.id, alive: session.alive })
    }
    this.#ended = this.#ended.filter(({ session }) => !isOver(session))
  }

  /** One write of a session that is connected; false if there is none. */
  writeOnce(): boolean {
    const open = [...this.#open.values()].find(({ session }) => session.state === 'connected')
    if (open === undefined) return false
    this.#writes.setData(open, this.random.pick(this.experiment.options.workload.paths))
    return true
  }

  #scheduleBurst(): void {
    const { experiment } = this
    const ms = experiment.options.burstEveryMs * 2 * this.random.next()
    experiment.scheduler.after(ms, () => {
      if (this.isAbandoned || this.isQuitting || experiment.isIdle) return
      this.host.actor.deliver(() => {
        this.#burst()
        experiment.scheduler.isTouched = true
      })
      this.#scheduleBurst()
    })
  }

  #burst(): void {
    if (this.isQuitting || !this.host.process.isAlive) return
    this.checkLeases()
    const { random, experiment } = this
    const { sessionsPerView, burstMax, pipelineMax, workload } = experiment.options
    if (random.chance(workload.storm)) this.#storm()
    if (this.#open.size + this.#opening < sessionsPerView) this.#openSession()
    const opens = [...this.#open.values()].filter(({ isClosing }) => !isClosing)
    if (opens.length === 0) return
    const open = random.pick(opens)
    if (random.chance(0.01)) return this.#close(open)
    // A workload that outruns the ensemble for good would only test memory.
    if (open.unsettled > pipelineMax) return
    const count = random.range(1, burstMax)
    for (let index = 0; index < count; index += 1) if (canRead(open)) this.#act(open)
  }

  /** Sessions come and go by the handful, some before they are there. */
  #storm(): void {
    const { random, experiment } = this
    const { sessionsMax } = experiment.options.workload
    for (const open of this.#open.values()) {
      if (!open.isClosing && random.chance(0.5)) this.#close(open)
    }
    for (let count = random.range(1, 4); count > 0; count -= 1) {
      if (this.#open.size + this.#opening >= sessionsMax) return
      this.#openSession(random.chance(0.3))
    }
  }

  #openSession(isAborted = false): void {
    const { experiment, random, host } = this
    const timeout = random.pick(experiment.options.sessionTimeoutsMs)
    const controller = new AbortController()
    this.#opening += 1
    if (isAborted) {
      experiment.scheduler.after(200 * random.next(), () => {
        host.actor.deliver(() => {
          controller.abort(ABORTED)
          experiment.scheduler.isTouched = true
        })
      })
    }
    const signal = isAborted ? controller.signal : undefined
    host.view.openSession({ timeout, signal }, { replica: NO_HANDLE }).then(
      (session) => this.#onOpened(session),
      (error: unknown) => {
        this.#opening -= 1
        if (error === ABORTED || this.isQuitting || !host.process.isAlive) return
        experiment.failed('open', `a session was refused: ${String(error)}`)
      },
    )
  }

  #onOpened(session: Session): void {
    this.#opening -= 1
    if (this.isAbandoned) return
    const number = this.experiment.nextNumber()
    const open: Open = {
      number,
      session,
      asked: 0,
      unsettled: 0,
      isClosing: false,
      isClosedByOwner: false,
      defaultWatcher: undefined,
      sharedWatcher: undefined,
      persistent: 0,
      waiting: 0,
      auth: this.#identify(session),
    }
    this.#open.set(number, open)
    this.experiment.observe({ kind: 'opened', number, session: session.id, auth: open.auth })
    session.on('state', (state) => {
      if (this.isAbandoned) return
      if (isOver(session)) this.#onOver(open)
      if (state === 'failed' && this.host.process.isAlive)
        this.experiment.failed('session failed', `session ${number}`)
    })
    if (session.state === 'expired') this.#onOver(open)
  }

  /** Who the session is from the beginning. */
  #identify(session: Session): readonly Identity[] {
    const person = drawPerson(this.random)
    if (person === undefined) return NO_AUTH
    // One that has expired already is nobody, and asks for nothing.
    session.addAuth('digest', person.proof).catch(() => undefined)
    return [person.identity]
  }

  /** Its pending requests are rejected in the same turn, but their owner hears of it a little later. */
  #onOver(open: Open): void {
    const { position } = this.host
    this.experiment.observe({ kind: 'ended', session: open.number, position })
    open.isClosing = true
    this.#forgetWhenSettled(open)
  }

  #forgetWhenSettled(open: Open): void {
    if (open.unsettled === 0 && isOver(open.session)) this.#open.delete(open.number)
  }

  #close(open: Open): void {
    void this.#writes.close(open).then(() => this.#forgetWhenSettled(open))
  }

  #act(open: Open): void {
    const { random } = this
    const path = random.pick(this.experiment.options.workload.paths)
    switch (random.pick(this.#acts)) {
      case 'create':
        return this.#writes.create(open, path, false)
      case 'createSequential':
        return this.#writes.createSequential(open)
      case 'setData':
        return this.#writes.setData(open, path)
      case 'delete':
        return this.#writes.delete(open, path)
      case 'deleteFromQueue':
        return this.#writes.deleteFromQueue(open)
      case 'multi':
        return this.#writes.multi(open, this.experiment.options.workload.paths)
      case 'register':
        return this.#writes.writeRegister(open)
      case 'syncRead':
        return this.#syncRead(open, random.chance(0.5) ? this.#writes.register() : path)
      case 'readSync':
        return this.#reads.readSync(open, this.#reads.draw(), this.#readable(path))
      case 'read':
        return this.#reads.read(open, this.#reads.draw(), this.#readable(path))
      case 'watchOnce':
        return this.#watches.once(open, this.#readable(path))
      case 'addWatch':
        return this.#watches.addWatch(open, this.#readable(path))
      case 'removeWatches':
        return this.#watches.removeAll(open, this.#readable(path))
      case 'setAcl':
        return this.#writes.setAcl(open, path)
      case 'quota':
        return this.#writes.ask(open, drawQuotaStep(random, this.experiment))
      case 'container':
        return this.#writes.ask(open, drawContainerStep(random))
    }
  }

  #readable(path: string): string {
    const draw = this.random.next()
    if (draw < 0.1) return '/q'
    return draw < 0.2 ? '/' : path
  }

  /** Together they are a linearizable read. */
  #syncRead(open: Open, path: string): void {
    const { at, done } = this.#writes.sync(open)
    if (this.random.chance(0.5)) return this.#reads.read(open, 'getData', path, undefined, at)
    done.then(
      () => {
        if (this.isAbandoned || !canRead(open)) return
        this.#reads.read(open, 'getData', path, undefined, at)
      },
      () => undefined,
    )
  }
}
