/**
 * A client that is no replica: it has a session through some View, moves it to another when it likes or when its
 * connection is gone, also with requests in flight, to the same View, or to two at once; it falls silent at times, and
 * may lose its session by it. What it asks for is drawn like the workload of the Views.
 */
import type { Random } from '../../lib/base/random.js'
import { PASSWORD_BYTES } from '../../lib/base/limits.js'
import type { SessionId } from '../../lib/protocol/request.js'
import { ZooKeeperError } from '../../lib/protocol/zookeeper-error.js'
import type { ReplicaHandle } from '../../lib/session/handle.js'
import { RemoteCore } from '../../lib/session/remote-core.js'
import { bindView, remoteSessions } from '../../lib/session/remote-sessions.js'
import type { ViewHost } from '../../lib/testing/view-host.js'
import type { Client } from './client.js'
import type { Experiment } from './experiment.js'
import type { ReadKind } from './observation.js'
import { drawPerson } from './people.js'
import type { Person } from './people.js'
import { RemoteConnection } from './remote-connection.js'
import { drawBody } from './request-bodies.js'

const TOUCHES_PER_TIMEOUT = 6
const READS: readonly ReadKind[] = ['exists', 'getData', 'getData', 'getChildren']

interface Known {
  readonly id: SessionId
  readonly password: Uint8Array
  readonly timeoutMs: number
  readonly person: Person | undefined
}

/** A way to a session that was asked for. */
interface Attempt {
  readonly connection: RemoteConnection
  /** The client no longer waits for it. */
  isGivenUp: boolean
}

export class RemoteUser {
  readonly #experiment: Experiment
  readonly #random: Random
  #session: Known | undefined
  #connections: RemoteConnection[] = []
  readonly #attempts = new Set<Attempt>()
  #silentUntil = 0
  /** It has decided, at the end, to let its session expire or not; whether it does will be known by then. */
  #restedAt: number | undefined

  constructor(experiment: Experiment, random: Random) {
    this.#experiment = experiment
    this.#random = random
    this.#scheduleBurst()
  }

  /** Why it is not at rest yet. */
  get pending(): string | undefined {
    if (this.#waiting.length > 0) return 'waits for a session'
    const current = this.#current
    if (this.#session !== undefined && current === undefined)
      return 'has a session and no connection'
    if ((current?.unsettled ?? 0) > 0) return `waits for ${current?.unsettled} requests`
    if (this.#connections.length > 1) return 'has more than one connection'
    if (this.#restedAt === undefined || this.#experiment.now < this.#restedAt)
      return 'has been silent, and may have been so for too long'
    return undefined
  }

  /** Of the session that it is connected with. */
  get liveSession(): SessionId | undefined {
    return this.#current === undefined ? undefined : this.#session?.id
  }

  viewEnded(host: ViewHost): void {
    for (const connection of this.#connections) if (connection.host === host) connection.abandon()
    this.#connections = this.#connections.filter(({ isOver }) => !isOver)
    for (const attempt of this.#attempts)
      if (attempt.connection.host === host) this.#attempts.delete(attempt)
  }

  get #waiting(): Attempt[] {
    return [...this.#attempts].filter(({ isGivenUp }) => !isGivenUp)
  }

  /** The newest. */
  get #current(): RemoteConnection | undefined {
    return this.#connections
      .filter(({ isOpen }) => isOpen)
      .toSorted((left, right) => right.attached - left.attached)[0]
  }

  #scheduleBurst(): void {
    const { scheduler, options } = this.#experiment
    scheduler.after(options.remotes.burstEveryMs * 2 * this.#random.next(), () => {
      if (this.#experiment.isIdle) this.#rest()
      else if (scheduler.now >= this.#silentUntil) this.#burst()
      this.#scheduleBurst()
    })
  }

  /** What it does at the end: it gets a connection, or lets the session go. */
  #rest(): void {
    if (this.#restedAt === undefined) {
      const { now } = this.#experiment
      const timeoutMs = this.#session?.timeoutMs ?? 0
      if (this.#current === undefined && this.#random.chance(0.5)) this.#forget()
      this.#restedAt = now < this.#silentUntil + timeoutMs ? now + 2 * timeoutMs : now
    }
    if (this.#session !== undefined && this.#current === undefined) this.#reconnect()
  }

  #burst(): void {
    const random = this.#random
    const { remotes, burstMax } = this.#experiment.options
    if (this.#session === undefined) return this.#open()
    const current = this.#current
    if (current === undefined) return this.#reconnect()
    if (random.chance(remotes.move)) return this.#move(current)
    if (random.chance(0.04)) return this.#fallSilent(current)
    if (random.chance(0.01)) return this.#close(current)
    // Also through one that has lost the session already, and was not told yet.
    const connection = random.chance(0.1) ? random.pick(this.#connections) : current
    this.#at(connection, () => {
      if (connection.unsettled > this.#experiment.options.pipelineMax) return
      connection.touch()
      for (let count = random.range(1, burstMax); count > 0; count -= 1) this.#act(connection)
    })
  }

  #act(connection: RemoteConnection): void {
    const random = this.#random
    const { paths } = this.#experiment.options.workload
    const path = random.chance(0.1) ? '/' : random.pick(paths)
    const draw = random.next()
    if (draw < 0.5) return connection.request(drawBody(random, this.#experiment))
    if (draw < 0.8) {
      const what = random.pick(READS)
      const watch = what === 'getChildren' ? 'child' : 'data'
      return connection.read(what, path, random.chance(0.4) ? watch : undefined)
    }
    if (draw < 0.95)
      return connection.watch(path, random.pick(['persistent', 'persistentRecursive']))
    connection.unwatch(random)
  }

  /** By its own will: to any View, at times to two at once, with or without leaving the present one first. */
  #move(current: RemoteConnection): void {
    const random = this.#random
    if (random.chance(0.3)) this.#at(current, () => current.detach())
    this.#attach()
    if (random.chance(0.3)) this.#attach()
  }

  /** For any time; or until its session is just about to expire, or has, and then it attaches it at once. */
  #fallSilent(current: RemoteConnection): void {
    const random = this.#random
    const timeoutMs = this.#session?.timeoutMs ?? 0
    const { scheduler } = this.#experiment
    if (random.chance(0.5)) this.#at(current, () => current.detach())
    if (random.chance(0.5)) {
      this.#silentUntil = scheduler.now + timeoutMs * 3 * random.next()
      return
    }
    const ms = timeoutMs * (0.9 + 0.5 * random.next())
    this.#silentUntil = scheduler.now + ms
    scheduler.after(ms, () => {
      if (!this.#experiment.isIdle) this.#attach()
    })
  }

  #close(current: RemoteConnection): void {
    this.#at(current, () => {
      current.request({ kind: 'closeSession' })
      if (this.#random.chance(0.3)) current.detach()
    })
    if (this.#random.chance(0.5)) this.#forget()
  }

  /** What becomes of the session is no matter any more. */
  #forget(): void {
    this.#session = undefined
    for (const attempt of this.#attempts) attempt.isGivenUp = true
    for (const connection of this.#connections) this.#at(connection, () => connection.detach())
  }

  #reconnect(): void {
    if (this.#waiting.length > 0) return
    this.#attach()
    if (!this.#experiment.isIdle && this.#random.chance(0.2)) this.#attach()
  }

  #open(): void {
    if (this.#waiting.length > 0) return
    const random = this.#random
    const { sessionTimeoutsMs } = this.#experiment.options
    const client = this.#gateway()
    if (client === undefined) return
    const password = Uint8Array.from({ length: PASSWORD_BYTES }, () => random.integer(256))
    const timeoutMs = random.pick(sessionTimeoutsMs)
    const person = drawPerson(random)
    this.#try(
      client,
      person,
      (connection) => {
        const core = new RemoteCore(client.host.view, timeoutMs, password, connection)
        return client.host.view.openRemote(core)
      },
      (core) => {
        this.#session = { id: core.id, password, timeoutMs, person }
      },
    )
  }

  #attach(): void {
    const session = this.#session
    const client = this.#gateway()
    if (session === undefined || client === undefined) return
    const handle = {} as ReplicaHandle
    bindView(handle, client.host.view)
    const { id, password, person } = session
    this.#try(
      client,
      person,
      async (connection) => {
        try {
          return (await remoteSessions(handle).attach(id, password, connection)) as RemoteCore
        } catch (error) {
          this.#refused(session, error)
          throw error
        }
      },
      () => undefined,
    )
  }

  #refused(session: Known, error: unknown): void {
    if (!(error instanceof ZooKeeperError)) return
    const { code } = error
    this.#experiment.observe({ kind: 'unattached', session: session.id, code })
    if (code === 'SESSION_EXPIRED' && this.#session === session) this.#forget()
  }

  #try(
    client: Client,
    person: Person | undefined,
    ask: (connection: RemoteConnection) => Promise<RemoteCore>,
    onOpen: (core: RemoteCore) => void,
  ): void {
    const { host, number } = client
    const wanted = this.#session
    const connection = new RemoteConnection(
      this.#experiment,
      host,
      number,
      person?.identity,
      () => {
        this.#onEnd(connection)
      },
    )
    const attempt: Attempt = { connection, isGivenUp: false }
    this.#attempts.add(attempt)
    this.#giveUpLater(attempt)
    host.actor.deliver(() => {
      this.#experiment.scheduler.isTouched = true
      ask(connection).then(
        (core) => {
          this.#attempts.delete(attempt)
          // It may have ended in the same turn.
          if (connection.isOver) return
          if (attempt.isGivenUp || this.#session !== wanted) return core.detach()
          onOpen(core)
          connection.begin(core)
          this.#connections.push(connection)
          this.#keepAlive(connection)
        },
        (error: unknown) => {
          this.#attempts.delete(attempt)
          if (!(error instanceof ZooKeeperError))
            this.#experiment.failed('attach', `not one of ours: ${String(error)}`)
        },
      )
    })
  }

  #giveUpLater(attempt: Attempt): void {
    const { scheduler, options } = this.#experiment
    const ms = options.timing.silenceMs * (0.5 + 4 * this.#random.next())
    scheduler.after(ms, () => {
      attempt.isGivenUp = true
    })
  }

  #onEnd(connection: RemoteConnection): void {
    this.#connections = this.#connections.filter((each) => each !== connection)
  }

  #keepAlive(connection: RemoteConnection): void {
    const ms = (this.#session?.timeoutMs ?? 1000) / TOUCHES_PER_TIMEOUT
    this.#experiment.scheduler.after(ms, () => {
      if (connection.isOver) return
      const isSilent = this.#experiment.now < this.#silentUntil && !this.#experiment.isIdle
      if (!isSilent) this.#at(connection, () => connection.touch())
      this.#keepAlive(connection)
    })
  }

  /** In the thread of its View. */
  #at(connection: RemoteConnection, act: () => void): void {
    connection.host.actor.deliver(() => {
      this.#experiment.scheduler.isTouched = true
      if (connection.isOpen) act()
      this.#connections = this.#connections.filter(({ isOver }) => !isOver)
    })
  }

  /** Some View that lives. */
  #gateway(): Client | undefined {
    const clients = this.#experiment.clients.filter(({ host, isQuitting }) => {
      return host.process.isAlive && !isQuitting
    })
    return clients.length === 0 ? undefined : this.#random.pick(clients)
  }
}
