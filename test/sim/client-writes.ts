/** The requests of the workload: asked for, told to the checkers as a whole, and so is what becomes of them. */
import type { CreateOperation, Operation, RequestBody } from '../../lib/protocol/request.js'
import { CONTAINER } from '../../lib/protocol/retention.js'
import { ZooKeeperError } from '../../lib/protocol/zookeeper-error.js'
import { op } from '../../lib/session/op.js'
import type { Op } from '../../lib/session/op.js'
import type { Session } from '../../lib/session/session.js'
import { ABORTED, bytesOf, failureOf } from './client-session.js'
import type { Application, Open } from './client-session.js'
import type { Settled } from './observation.js'
import { drawAcl, drawRetention } from './people.js'

export const QUEUE = '/q'
const REGISTERS = '/r'
const REGISTER_COUNT = 3

/** What a request answered. */
type Answer = Pick<Settled, 'path' | 'stat' | 'results'>

export class Writes {
  readonly #application: Application
  readonly #onSettled: (open: Open) => void

  constructor(application: Application, onSettled: (open: Open) => void) {
    this.#application = application
    this.#onSettled = onSettled
  }

  create(open: Open, path: string, sequential: boolean): void {
    const { random } = this.#application
    const ephemeral = random.chance(sequential ? 0.5 : 0.25)
    const data = random.chance(0.1) ? undefined : this.#value()
    const { workload } = this.#application.experiment.options
    const retention = ephemeral ? undefined : drawRetention(random, workload)
    // A container has no number.
    const kept = sequential && retention === CONTAINER ? undefined : retention
    const acl = random.chance(workload.acls) ? drawAcl(random) : undefined
    const body: CreateOperation = {
      kind: 'create',
      path,
      data: bytesOf(data),
      ephemeral,
      sequential,
      acl,
      retention: kept,
    }
    const signal = this.#signal()
    const options = { ephemeral, sequential, signal, acl, ...retentionOptions(kept) }
    if (random.chance(0.3)) {
      const created = open.session.create(path, data, options)
      this.#ask(open, body, created, (given) => ({ path: given }), signal)
    } else {
      const created = open.session.create(path, data, { ...options, stat: true })
      this.#ask(open, body, created, ({ path: given, stat }) => ({ path: given, stat }), signal)
    }
  }

  createSequential(open: Open): void {
    const { random } = this.#application
    this.create(open, random.chance(0.9) ? `${QUEUE}/n-` : `${QUEUE}/`, true)
  }

  setData(open: Open, path: string): void {
    const { random } = this.#application
    const data = random.chance(0.05) ? '' : this.#value()
    const version = random.chance(0.7) ? -1 : random.integer(4)
    const body = { kind: 'setData', path, data: bytesOf(data), version } as const
    const signal = this.#signal()
    const set = open.session.setData(path, data, version, { signal })
    this.#ask(open, body, set, (stat) => ({ stat }), signal)
  }

  setAcl(open: Open, path: string): void {
    const { random } = this.#application
    const version = random.chance(0.7) ? -1 : random.integer(3)
    const acl = drawAcl(random)
    const signal = this.#signal()
    const set = open.session.setACL(path, acl, version, { signal })
    this.#ask(open, { kind: 'setAcl', path, acl, version }, set, (stat) => ({ stat }), signal)
  }

  /** What was drawn for anybody. */
  ask(open: Open, body: RequestBody): void {
    const { session } = open
    if (body.kind === 'create') {
      const created = session.create(body.path, body.data, retentionOptions(body.retention))
      this.#ask(open, body, created, (path) => ({ path }), undefined)
    } else if (body.kind === 'setData') {
      const set = session.setData(body.path, body.data ?? '')
      this.#ask(open, body, set, (stat) => ({ stat }), undefined)
    } else if (body.kind === 'delete') {
      this.#ask(open, body, session.delete(body.path), () => ({}), undefined)
    }
  }

  delete(open: Open, path: string): void {
    const { random } = this.#application
    const version = random.chance(0.8) ? -1 : random.integer(4)
    const signal = this.#signal()
    const deleted = open.session.delete(path, version, { signal })
    this.#ask(open, { kind: 'delete', path, version }, deleted, () => ({}), signal)
  }

  /** Keeps the queue short. */
  deleteFromQueue(open: Open): void {
    const { session } = open
    const children = childrenOf(session, QUEUE)
    const child = children.length === 0 ? 'none' : this.#application.random.pick(children)
    const deleted = session.delete(`${QUEUE}/${child}`)
    const body = { kind: 'delete', path: `${QUEUE}/${child}`, version: -1 } as const
    this.#ask(open, body, deleted, () => ({}), undefined)
  }

  multi(open: Open, paths: readonly string[]): void {
    const { random, experiment } = this.#application
    const count = random.integer(experiment.options.workload.multiMax + 1)
    const operations: Operation[] = []
    for (let index = 0; index < count; index += 1) {
      operations.push(this.#operation(random.pick([...paths, `${QUEUE}/n-`])))
    }
    const signal = this.#signal()
    const done = open.session.multi(operations.map(opOf), { signal })
    this.#ask(open, { kind: 'multi', operations }, done, (results) => ({ results }), signal)
  }

  /** @returns when it was asked for. */
  sync(open: Open): { readonly at: number; readonly done: Promise<unknown> } {
    const signal = this.#signal()
    const done = open.session.sync('/', { signal })
    const at = this.#application.experiment.now
    this.#ask(open, { kind: 'sync' }, done, () => ({}), signal)
    return { at, done }
  }

  /** Writes one of a few znodes that are never deleted and that nothing else touches. */
  writeRegister(open: Open): void {
    const path = this.register()
    const { session } = open
    const missing = [REGISTERS, path].find((each) => session.existsSync(each) === null)
    const data = this.#value()
    if (missing === undefined) {
      const body = { kind: 'setData', path, data: bytesOf(data), version: -1 } as const
      const set = session.setData(path, data)
      this.#ask(open, body, set, (stat) => ({ stat }), undefined)
    } else {
      const flags = { ephemeral: false, sequential: false }
      const body = { kind: 'create', path: missing, data: bytesOf(data), ...flags } as const
      const created = session.create(missing, data)
      this.#ask(open, body, created, (given) => ({ path: given }), undefined)
    }
  }

  register(): string {
    return `${REGISTERS}/${this.#application.random.integer(REGISTER_COUNT)}`
  }

  /** Its owner is about to close it. */
  observeClosing(open: Open): void {
    open.isClosing = true
    open.isClosedByOwner = true
    this.#observeAsked(open, { kind: 'closeSession' })
  }

  close(open: Open): Promise<void> {
    this.observeClosing(open)
    return open.session.close({ timeout: this.#application.random.pick([500, 60_000]) })
  }

  #operation(path: string): Operation {
    const { random } = this.#application
    const data = bytesOf(this.#value())
    const version = random.chance(0.8) ? -1 : random.integer(4)
    if (path.endsWith('-'))
      return { kind: 'create', path, data, ephemeral: false, sequential: true }
    const draw = random.integer(4)
    if (draw === 0) {
      return { kind: 'create', path, data, ephemeral: random.chance(0.2), sequential: false }
    }
    if (draw === 1) return { kind: 'setData', path, data, version }
    if (draw === 2) return { kind: 'delete', path, version }
    return { kind: 'check', path, version }
  }

  #observeAsked(open: Open, body: RequestBody): number {
    const { experiment, number: view } = this.#application
    const request = experiment.nextNumber()
    open.asked += 1
    experiment.observe({
      kind: 'asked',
      at: experiment.now,
      request,
      view,
      session: open.session.id,
      cxid: open.asked,
      body,
      auth: open.auth,
    })
    return request
  }

  #ask<T>(
    open: Open,
    body: RequestBody,
    promise: Promise<T>,
    answer: (result: T) => Answer,
    signal: AbortSignal | undefined,
  ): void {
    const request = this.#observeAsked(open, body)
    open.unsettled += 1
    promise.then(
      (result) => this.#settle(open, request, { code: 'OK', ...answer(result) }, signal),
      (error: unknown) => this.#settle(open, request, failureOf(this.#application, error), signal),
    )
  }

  #settle(
    open: Open,
    request: number,
    told: Omit<Settled, 'kind' | 'at' | 'request' | 'position'>,
    signal: AbortSignal | undefined,
  ): void {
    if (this.#application.isAbandoned) return
    const { experiment, host } = this.#application
    open.unsettled -= 1
    experiment.trace.add(
      experiment.now,
      'settled',
      [request],
      () => `${host.name} settled ${request}: ${told.code}`,
    )
    if (told.code === 'OUTCOME_UNKNOWN') {
      experiment.onUnknown(signal?.aborted === true || this.#isExcused(open))
    }
    const { position } = host
    experiment.observe({ kind: 'settled', at: experiment.now, request, position, ...told })
    this.#onSettled(open)
  }

  /** The replica is over; its owner closed it and did not wait; or it expired, and its View came back by a snapshot. */
  #isExcused({ isClosedByOwner, session }: Open): boolean {
    const { process, snapshots } = this.#application.host
    if (!process.isAlive) return true
    return isClosedByOwner || (session.state === 'expired' && snapshots > 1)
  }

  /** Of some requests: it is aborted after the request has left. */
  #signal(): AbortSignal | undefined {
    const { random, experiment, host } = this.#application
    if (!random.chance(experiment.options.workload.abort)) return undefined
    const controller = new AbortController()
    experiment.scheduler.after(0.01 + 50 * random.next(), () => {
      host.actor.deliver(() => {
        controller.abort(ABORTED)
        experiment.scheduler.isTouched = true
      })
    })
    return controller.signal
  }

  /** Unlike any other, so that each write can be told from all others. */
  #value(): string {
    const { random, experiment } = this.#application
    const length = random.integer(experiment.options.dataBytesMax)
    return `${experiment.nextNumber()}:`.padEnd(length, '.')
  }
}

/** None, if nobody may know them. */
function childrenOf(session: Session, path: string): readonly string[] {
  try {
    return session.existsSync(path) === null ? [] : session.getChildrenSync(path).children
  } catch (error) {
    if (error instanceof ZooKeeperError && error.code === 'NO_AUTH') return []
    throw error
  }
}

function retentionOptions(retention: number | undefined): { container?: boolean; ttl?: number } {
  if (retention === undefined) return {}
  return retention === CONTAINER ? { container: true } : { ttl: retention }
}

function opOf(operation: Operation): Op {
  switch (operation.kind) {
    case 'create': {
      const { path, data, ephemeral, sequential } = operation
      return op.create(path, data, { ephemeral, sequential })
    }
    case 'delete':
      return op.delete(operation.path, operation.version)
    case 'setData':
      return op.setData(operation.path, operation.data ?? '', operation.version)
    case 'check':
      return op.check(operation.path, operation.version)
  }
}
