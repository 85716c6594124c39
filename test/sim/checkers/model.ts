/**
 * The independent model executes every request as it is decided. The txn must say what the model did, with the model's
 * digest of the whole state after it; and whoever asked must be told what the model answered, to the last field.
 */
import { differ } from './differ.js'
import { formatZxid } from '../../../lib/protocol/zxid.js'
import type { Zxid } from '../../../lib/protocol/zxid.js'
import type { Txn, TxnOrigin } from '../../../lib/tree/txn.js'
import type { Entry } from '../../../lib/zab/entry.js'
import type { Executed, Model } from '../../model/model.js'
import { ERRNO } from '../../model/types.js'
import { Attachments, requestKey } from '../attachments.js'
import { demand } from '../observation.js'
import type { Asked, Checker, Observation, Settled } from '../observation.js'

interface Answered {
  readonly zxid: Zxid
  readonly executed: Executed
}

const CLOSE = { kind: 'closeSession' } as const

export class Modelled implements Checker {
  readonly name = 'model'
  readonly sees = ['asked', 'decided', 'settled'] as const
  readonly counts: Map<string, number> = new Map([['resultsChecked', 0]])
  readonly #model: Model
  /** Requests that are not decided. */
  readonly #asked = new Map<string, Asked>()
  /** Requests that are not settled, with what they ask for. */
  readonly #bodies = new Map<number, Asked['body']>()
  readonly #answers = new Map<number, Answered>()
  readonly #attachments = new Attachments()

  constructor(model: Model) {
    this.#model = model
  }

  observe(observation: Observation): void {
    switch (observation.kind) {
      case 'asked':
        this.#asked.set(
          requestKey(observation.session, observation.cxid, observation.attached),
          observation,
        )
        this.#bodies.set(observation.request, observation.body)
        return
      case 'decided':
        return this.#onDecided(observation.entry)
      case 'settled':
        return this.#onSettled(observation)
      default:
    }
  }

  #onDecided(entry: Entry<Txn>): void {
    const { zxid, txn } = entry
    const { origin, body, digest } = txn
    const request = this.#attachments.decided(entry)
    if (origin === undefined || request === undefined) this.#execute(zxid, txn)
    else this.#answer(zxid, txn, origin, request)
    const expected = this.#model.digest
    demand(digest === expected, this.name, () => {
      return `the ${body.kind} at ${formatZxid(zxid)} leaves digest ${digest} instead of ${expected}`
    })
  }

  /** What no session asked for. */
  #execute(zxid: Zxid, { body, time }: Txn): void {
    const model = this.#model
    const where = `the ${body.kind} at ${formatZxid(zxid)}`
    switch (body.kind) {
      case 'createSession':
        return model.openSession(zxid, body.timeoutMs, body.origin, body.password)
      case 'attachSession':
        return this.#may(where, model.attachSession(zxid, body.session, body.origin))
      case 'delete':
        return this.#may(where, model.clean(zxid, time, body.path))
      case 'closeSession': {
        const { session, paths } = body
        demand(
          model.openSessions.has(session),
          this.name,
          () => `${where} ends a session that is not open`,
        )
        this.#same(where, model.ephemeralsOf(session), paths.toSorted())
        model.closeSession(zxid, session, paths)
        return
      }
      case 'register': {
        const known = body.closed.map(({ session }) => model.ephemeralsOf(session))
        const order = body.closed.flatMap(({ paths }) => paths)
        const ended = model.register(zxid, body, order)
        const told = body.closed.map(({ session }) => session)
        this.#same(where, ended.toSorted(byNumber), told.toSorted(byNumber))
        this.#same(
          where,
          known,
          body.closed.map(({ paths }) => paths.toSorted()),
        )
        return
      }
      default:
        demand(false, this.name, () => `nobody asked for ${where}`)
    }
  }

  #may(where: string, refusal: string | undefined): void {
    demand(refusal === undefined, this.name, () => `${where} is of what ${String(refusal)}`)
  }

  #answer(zxid: Zxid, { time, body }: Txn, origin: TxnOrigin, key: string): void {
    const { session, cxid, settled } = origin
    const asked = this.#asked.get(key)
    this.#asked.delete(key)
    const where = `the ${body.kind} at ${formatZxid(zxid)}`
    // A View closes a session by itself that was opened for somebody who no longer waited for it.
    const request = asked?.body ?? (body.kind === 'closeSession' ? CLOSE : undefined)
    demand(request !== undefined, this.name, () => `${where} answers what nobody asked for`)
    if (request === undefined) return
    const order = body.kind === 'closeSession' ? body.paths : undefined
    const told = { session, cxid, settled, request, auth: asked?.auth }
    const executed = this.#model.execute(zxid, time, told, order)
    if (asked !== undefined) this.#answers.set(asked.request, { zxid, executed })
    const found = body.kind === 'closeSession' ? { ...body, paths: body.paths.toSorted() } : body
    this.#same(where, txnOf(request.kind, session, executed), found)
  }

  #onSettled(settled: Settled): void {
    const { request, code, position } = settled
    const answered = this.#answers.get(request)
    const body = this.#bodies.get(request)
    this.#answers.delete(request)
    this.#bodies.delete(request)
    // Whether a request that was told nothing has an answer is for another checker to say.
    if (answered === undefined || body === undefined) return
    if (code === 'OUTCOME_UNKNOWN' || code === 'ABORTED') return
    const { zxid, executed } = answered
    const what = `request ${request} (${body.kind} at ${formatZxid(zxid)})`
    demand(position >= zxid, this.name, () => {
      return `${what} was settled while its View stood at ${formatZxid(position)}`
    })
    this.counts.set('resultsChecked', (this.counts.get('resultsChecked') ?? 0) + 1)
    const { errno, path, stat, results, index, remote } = settled
    if (remote === undefined) {
      const found = { code, errno, path, stat, results, index }
      return this.#same(what, toldOf(body, settled, executed), found)
    }
    const { count } = remote
    const found = { code, zxid: remote.zxid, path, stat, results, index, count }
    this.#same(what, { ...toldRemotely(body, executed), zxid }, found)
  }

  #same(what: string, expected: unknown, found: unknown): void {
    const difference = differ(expected, found)
    demand(difference === undefined, this.name, () => `${what} has ${String(difference)}`)
  }
}

/** The txn that has to answer the request. */
function txnOf(
  kind: Asked['body']['kind'],
  session: number,
  { outcome, effects, closed }: Executed,
): unknown {
  if (outcome.kind === 'error') {
    const { code, index, results } = outcome
    return { kind: 'error', code, index, count: results?.length }
  }
  if (kind === 'closeSession') return { kind, session, paths: closed.toSorted() }
  if (kind === 'multi') return { kind, operations: effects }
  return effects[0] ?? { kind }
}

/** What the owner of the request has to be told. */
function toldOf(body: Asked['body'], settled: Settled, { outcome }: Executed): unknown {
  if (outcome.kind === 'error') {
    const { code, index, results } = outcome
    const at = body.kind === 'multi' ? body.operations[index ?? 0] : body
    const path = at !== undefined && 'path' in at ? at.path : undefined
    return { code, errno: ERRNO[code], path, index, results }
  }
  if (body.kind === 'multi') return { code: 'OK', results: outcome.results }
  const [result] = outcome.results
  if (result?.kind === 'setData' || result?.kind === 'setAcl')
    return { code: 'OK', stat: result.stat }
  if (result?.kind !== 'create') return { code: 'OK' }
  // A create tells the stat only if it was asked to.
  const stat = settled.stat === undefined ? undefined : result.stat
  return { code: 'OK', path: result.path, stat }
}

/** What the outcome of a remote client's request has to hold. */
function toldRemotely(body: Asked['body'], { outcome }: Executed): object {
  if (outcome.kind === 'error') {
    const { code, index, results } = outcome
    return { code, index, count: results?.length }
  }
  if (body.kind === 'multi') return { code: 'OK', results: outcome.results }
  const [result] = outcome.results
  if (result?.kind === 'create') return { code: 'OK', path: result.path, stat: result.stat }
  return result !== undefined && 'stat' in result
    ? { code: 'OK', stat: result.stat }
    : { code: 'OK' }
}

function byNumber(left: number, right: number): number {
  return left - right
}
