/** Histories written by hand, for the checkers' own tests. */
import type { RequestBody, SessionId } from '../../../lib/protocol/request.js'
import type { Zxid } from '../../../lib/protocol/zxid.js'
import type { Txn, TxnBody } from '../../../lib/tree/txn.js'
import type { Entry } from '../../../lib/zab/entry.js'
import { Model } from '../../model/model.js'
import type { Executed } from '../../model/model.js'
import { Decided } from '../decided.js'
import type { Asked, Checker, Observation } from '../observation.js'

const ORIGIN = { replica: 1, incarnationKey: 1, view: 1 }

export function entry(
  zxid: Zxid,
  body: TxnBody,
  origin?: { session: SessionId; cxid: number },
): Entry<Txn> {
  return {
    zxid,
    txn: {
      time: 0,
      digest: zxid * 10,
      body,
      origin: origin === undefined ? undefined : { ...origin, settled: 0 },
    },
  }
}

export function opens(zxid: Zxid): Entry<Txn> {
  return entry(zxid, {
    kind: 'createSession',
    timeoutMs: 1000,
    origin: { ...ORIGIN, number: zxid },
  })
}

/** The session of a remote client. */
export function opensRemote(zxid: Zxid): Entry<Txn> {
  const origin = { ...ORIGIN, number: zxid }
  const password = new Uint8Array(16)
  return entry(zxid, { kind: 'createSession', timeoutMs: 1000, origin, password })
}

/** The View that asked for it by its request of that number has the session from there on. */
export function attaches(zxid: Zxid, session: SessionId, number: number = zxid): Entry<Txn> {
  return entry(zxid, { kind: 'attachSession', session, origin: { ...ORIGIN, number } })
}

export function closes(zxid: Zxid, session: SessionId, ...paths: string[]): Entry<Txn> {
  return entry(zxid, { kind: 'closeSession', session, paths })
}

export function creates(path: string, data: string, owner: SessionId = 0): TxnBody {
  return { kind: 'create', path, data: new TextEncoder().encode(data), owner, parentCreated: 1 }
}

export function sets(path: string, data: string, version: number): TxnBody {
  return { kind: 'setData', path, data: bytes(data), version }
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** Requests of the workload. */
export function create(path: string, ephemeral = false): RequestBody {
  return { kind: 'create', path, data: bytes(path), ephemeral, sequential: false }
}

export function set(path: string, data: string): RequestBody {
  return { kind: 'setData', path, data: bytes(data), version: -1 }
}

export function remove(path: string): RequestBody {
  return { kind: 'delete', path, version: -1 }
}

/** A run with one checker. */
export class Run {
  readonly decided: Decided = new Decided()
  checker: Checker | undefined

  /** The txns are decided, in this order. */
  decide(...entries: readonly Entry<Txn>[]): this {
    for (const each of entries) {
      this.decided.append(each)
      this.see({ kind: 'decided', entry: each, lacking: 0, majority: 2 })
    }
    return this
  }

  see(...observations: readonly Observation[]): this {
    for (const observation of observations) this.checker?.observe(observation)
    return this
  }
}

/** What a session asked for, and the txn that it became. */
export interface Made {
  readonly asked: Asked
  readonly entry: Entry<Txn>
  readonly executed: Executed
}

/**
 * A leader without fault, for one session whose id and number are 1: it makes of requests the txns 2, 3, 4 … as the
 * model does.
 */
export class Leader {
  readonly model: Model = new Model()
  readonly opening: Entry<Txn>

  constructor() {
    const { zxid, txn } = opens(1)
    const { body } = txn
    if (body.kind === 'createSession') this.model.openSession(zxid, body.timeoutMs, body.origin)
    this.opening = { zxid, txn: { ...txn, digest: this.model.digest } }
  }

  make(body: RequestBody): Made {
    const zxid = this.model.lastZxid + 1
    const cxid = zxid - 1
    const origin = { session: 1, cxid, settled: 0 }
    const asked: Asked = { kind: 'asked', at: 0, request: zxid, view: 1, session: 1, cxid, body }
    const executed = this.model.execute(zxid, 0, { ...origin, request: body })
    const txn: Txn = { time: 0, origin, digest: this.model.digest, body: txnOf(body, executed) }
    return { asked, entry: { zxid, txn }, executed }
  }
}

function txnOf(request: RequestBody, { outcome, effects, closed }: Executed): TxnBody {
  if (outcome.kind === 'error') {
    const { code, index, results } = outcome
    return { kind: 'error', code, index, count: results?.length }
  }
  if (request.kind === 'multi') {
    const operations = effects.flatMap((each) => (each.kind === 'setAcl' ? [] : [each]))
    return { kind: 'multi', operations }
  }
  if (request.kind === 'sync') return { kind: 'sync' }
  if (request.kind === 'closeSession') return { kind: 'closeSession', session: 1, paths: closed }
  const [effect] = effects
  if (effect === undefined || effect.kind === 'check') throw new Error('an operation has an effect')
  return effect
}
