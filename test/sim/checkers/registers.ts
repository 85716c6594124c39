/**
 * Linearizable registers, seen from outside: of every path, the writes and the reads after a sync, each somewhere between
 * its question and its answer, have an order in which every answer is right. Trusts no zxid (one that it is told of may
 * lead to a good guess, which is tried, not believed); by true time alone, that
 * is, by the order in which things are observed. Of requests that nobody has an answer to, what became of them and by when
 * is taken from the decided history; a session's end happens when it is first applied.
 */
import type { Operation as Part, RequestBody, SessionId } from '../../../lib/protocol/request.js'
import type { Zxid } from '../../../lib/protocol/zxid.js'
import type { Txn, TxnBody } from '../../../lib/tree/txn.js'
import type { Entry } from '../../../lib/zab/entry.js'
import { Attachments, ownerKey, requestKey } from '../attachments.js'
import { demand } from '../observation.js'
import type { Asked, Checker, Observation, Read, Reading, Settled } from '../observation.js'
import { REGISTER } from './register.js'
import type { Action, Step } from './register.js'
import { linearize } from './wgl.js'
import type { Operation } from './wgl.js'

interface Open {
  readonly asked: Asked
  readonly askedAt: number
  decided: { readonly at: number; readonly body: TxnBody } | undefined
  /** Nobody waits for it any more, or it was told that nobody knows. */
  isLost: boolean
}

interface Sync {
  readonly request: number
  readonly askedAt: number
}

/** What was told with a code like this did not and will not happen. */
const NEVER = new Set(['SESSION_EXPIRED', 'SESSION_CLOSED', 'REPLICA_FAILED'])
const UNTOLD = new Set(['OUTCOME_UNKNOWN', 'ABORTED'])
const STEPS_MAX = 200_000
/** Children with numbers for names are the business of another checker; and the root is there from the beginning. */
const QUEUE = '/q/'
/** Data begins with a number of its own. */
const DATA_LENGTH = 16

export class Registers implements Checker {
  readonly name = 'registers'
  readonly sees = [
    'opened',
    'asked',
    'settled',
    'decided',
    'reading',
    'read',
    'refused',
    'abandoned',
    'quiet',
  ] as const
  readonly counts: Map<string, number> = new Map()
  readonly #histories = new Map<string, Operation<Action>[]>()
  readonly #open = new Map<number, Open>()
  readonly #byRequest = new Map<string, Open>()
  /** When the end of each session was first applied. */
  readonly #ended = new Map<SessionId, number>()
  readonly #owners = new Map<number, Extract<Observation, { readonly kind: 'opened' }>>()
  readonly #attachments = new Attachments()
  /** By session, and the true time at which it asked. */
  readonly #syncs = new Map<string, Sync>()
  readonly #synced = new Set<number>()
  readonly #reading = new Map<number, { readonly sync: Sync; readonly reading: Reading }>()
  /** When each txn, and each request, was first applied. Only for guesses. */
  readonly #decidedAt = new Map<Zxid | string, number>()
  #at = 0

  observe(observation: Observation): void {
    this.#at += 1
    switch (observation.kind) {
      case 'opened':
        this.#owners.set(observation.number, observation)
        return
      case 'asked':
        return this.#onAsked(observation)
      case 'settled':
        return this.#onSettled(observation)
      case 'decided':
        return this.#onDecided(observation.entry)
      case 'reading':
        return this.#onReading(observation)
      case 'read':
        return this.#onRead(observation)
      case 'refused':
        this.#reading.delete(observation.read)
        return
      case 'abandoned':
        return this.#onAbandoned(observation.session)
      case 'quiet':
        return this.#check()
      default:
    }
  }

  #onAsked(asked: Asked): void {
    const { body, session, cxid, attached, request } = asked
    if (body.kind === 'closeSession' || body.kind === 'setAcl') return
    if (body.kind === 'sync') {
      const owner = ownerKey(session, attached)
      this.#syncs.set(`${owner} ${asked.at}`, { request, askedAt: this.#at })
      return
    }
    const open = { asked, askedAt: this.#at, decided: undefined, isLost: false }
    this.#open.set(request, open)
    this.#byRequest.set(requestKey(session, cxid, attached), open)
  }

  #onSettled(settled: Settled): void {
    const { request, code } = settled
    if (code === 'OK') this.#synced.add(request)
    const open = this.#open.get(request)
    if (open === undefined) return
    this.#open.delete(request)
    if (NEVER.has(code)) return this.#forget(open)
    if (UNTOLD.has(code)) return this.#lose(open)
    this.#forget(open)
    this.#add(open, actionsOf(open.asked, settled), this.#at, open.decided?.at)
  }

  #onDecided(entry: Entry<Txn>): void {
    const { zxid, txn } = entry
    const { origin, body } = txn
    this.#decidedAt.set(zxid, this.#at)
    const request = this.#attachments.decided(entry)
    // The leader's cleaner.
    if (origin === undefined && body.kind === 'delete') this.#cleaned(body.path)
    const closed = body.kind === 'register' ? body.closed : [body]
    for (const each of closed)
      if (each.kind === 'closeSession') this.#ended.set(each.session, this.#at)
    if (request === undefined) return
    this.#decidedAt.set(request, this.#at)
    const open = this.#byRequest.get(request)
    if (open === undefined) return
    open.decided = { at: this.#at, body }
    if (open.isLost) this.#lose(open)
  }

  #onAbandoned(session: number): void {
    const opened = this.#owners.get(session)
    for (const [request, open] of this.#open) {
      if (open.asked.session !== opened?.session || open.asked.attached !== opened.attached)
        continue
      this.#open.delete(request)
      this.#lose(open)
    }
  }

  #onReading(reading: Reading): void {
    const { read, session, sinceSync, what } = reading
    if (sinceSync === undefined || what !== 'getData') return
    const opened = this.#owners.get(session)
    const sync = this.#syncs.get(`${ownerKey(opened?.session ?? 0, opened?.attached)} ${sinceSync}`)
    if (sync !== undefined) this.#reading.set(read, { sync, reading })
  }

  #onRead({ read, path, shown }: Read): void {
    const known = this.#reading.get(read ?? 0)
    if (read === undefined || known === undefined) return
    this.#reading.delete(read)
    const { sync, reading } = known
    if (!this.#synced.has(sync.request)) return
    const found =
      shown === undefined
        ? undefined
        : { version: shown.stat.version, data: (shown.data ?? '').slice(0, DATA_LENGTH) }
    const input: Action = { kind: 'read', shown: found }
    const guessedAt = this.#guess(reading)
    this.#put(path, { input, askedAt: sync.askedAt, answeredAt: this.#at, guessedAt })
  }

  /** Right after the newest request before it; or where its View stood, if that was further on. */
  #guess({ session, afterCxid, position }: Reading): number {
    const opened = this.#owners.get(session)
    const request = requestKey(opened?.session ?? 0, afterCxid, opened?.attached)
    const last = this.#decidedAt.get(request)
    return Math.max(last ?? 0, this.#decidedAt.get(position) ?? 0) + 0.25
  }

  /** What became of it the decided history knows, or will. */
  #lose(open: Open): void {
    open.isLost = true
    const { decided, asked } = open
    if (decided === undefined) return
    this.#forget(open)
    if (decided.body.kind !== 'error') this.#add(open, effectsOf(asked), decided.at, decided.at)
  }

  #forget({ asked: { session, cxid, attached } }: Open): void {
    this.#byRequest.delete(requestKey(session, cxid, attached))
  }

  /** As the end of a session, it happens when it is first applied. */
  #cleaned(path: string): void {
    const step: Step = { kind: 'delete', data: '', owner: 0, version: -1, told: undefined }
    const input: Action = { kind: 'write', steps: [step], code: 'OK' }
    const at = this.#at
    this.#put(path, { input, askedAt: at, answeredAt: at + 0.5, guessedAt: at })
  }

  #add(
    { askedAt }: Open,
    actions: ReadonlyMap<string, Action>,
    answeredAt: number,
    guessedAt = askedAt,
  ): void {
    for (const [path, input] of actions) this.#put(path, { input, askedAt, answeredAt, guessedAt })
  }

  #put(path: string, operation: Operation<Action>): void {
    if (path === '/' || path.startsWith(QUEUE)) return
    const history = this.#histories.get(path)
    if (history === undefined) this.#histories.set(path, [operation])
    else history.push(operation)
  }

  /** With each session that made it an ephemeral, it may have ended. */
  #endsOf(history: readonly Operation<Action>[]): Operation<Action>[] {
    const owners = new Set<SessionId>()
    for (const { input } of history)
      if (input.kind === 'write') for (const { owner } of input.steps) owners.add(owner)
    return [...owners].flatMap((session) => {
      const at = this.#ended.get(session)
      if (at === undefined) return []
      return [{ input: { kind: 'end', session }, askedAt: at, answeredAt: at + 0.5, guessedAt: at }]
    })
  }

  #check(): void {
    for (const [path, requests] of this.#histories) {
      const history = [...requests, ...this.#endsOf(requests)]
      const { verdict, longest, isGuessed } = linearize(REGISTER, history, STEPS_MAX)
      this.#count('registers', 1)
      this.#count('registerOperations', history.length)
      if (!isGuessed) this.#count('registersSearched', 1)
      if (verdict === 'unknown') this.#count('registersUnknown', 1)
      demand(verdict !== 'illegal', this.name, () => {
        return `${path}: ${history.length} operations have no order in which every answer is right; the first ${longest} have`
      })
    }
  }

  #count(what: string, by: number): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by)
  }
}

/** What the request did at each path, as it was told; of a path where nothing can be said, nothing. */
function actionsOf(asked: Asked, settled: Settled): Map<string, Action> {
  const { code, index, results, stat } = settled
  if (code === 'OK') {
    return effectsOf(asked, (part) => {
      const result = results?.[part]
      return result === undefined ? stat?.version : versionOf(result)
    })
  }
  const parts = partsOf(asked.body)
  const failing = asked.body.kind === 'multi' ? index : 0
  const part = failing === undefined ? undefined : parts[failing]
  if (failing === undefined || part === undefined || isSequential(part)) return new Map()
  const steps = parts
    .slice(0, failing + 1)
    .filter((each) => each.path === part.path && !isSequential(each))
    .map((each) => stepOf(each, asked.session, undefined))
  return new Map([[part.path, { kind: 'write', steps, code }]])
}

/** @param toldOf  The version that was told of each part. */
function effectsOf(
  { body, session }: Asked,
  toldOf: (part: number) => number | undefined = () => undefined,
): Map<string, Action> {
  const byPath = new Map<string, Step[]>()
  partsOf(body).forEach((part, index) => {
    if (isSequential(part)) return
    const steps = byPath.get(part.path) ?? []
    steps.push(stepOf(part, session, toldOf(index)))
    byPath.set(part.path, steps)
  })
  return new Map([...byPath].map(([path, steps]) => [path, { kind: 'write', steps, code: 'OK' }]))
}

function partsOf(body: RequestBody): readonly Part[] {
  if (body.kind === 'multi') return body.operations
  if (body.kind === 'sync' || body.kind === 'closeSession' || body.kind === 'setAcl') return []
  return [body]
}

function isSequential(part: Part): boolean {
  return part.kind === 'create' && part.sequential
}

function stepOf(part: Part, session: SessionId, told: number | undefined): Step {
  const data = 'data' in part ? new TextDecoder().decode(part.data).slice(0, DATA_LENGTH) : ''
  const owner = part.kind === 'create' && part.ephemeral ? session : 0
  const version = 'version' in part ? part.version : -1
  return { kind: part.kind, data, owner, version, told: part.kind === 'setData' ? told : undefined }
}

function versionOf(result: Exclude<Settled['results'], undefined>[number]): number | undefined {
  return result.kind === 'setData' ? result.stat.version : undefined
}
