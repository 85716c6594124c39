/** Histories written by hand, for the checkers' own tests. */
import type { SessionId } from '../../../lib/protocol/request.js'
import type { Zxid } from '../../../lib/protocol/zxid.js'
import type { Txn, TxnBody } from '../../../lib/tree/txn.js'
import type { Entry } from '../../../lib/zab/entry.js'
import { Decided } from '../decided.js'
import type { Checker, Observation } from '../observation.js'

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

export function closes(zxid: Zxid, session: SessionId, ...paths: string[]): Entry<Txn> {
  return entry(zxid, { kind: 'closeSession', session, paths })
}

export function creates(path: string, data: string, owner: SessionId = 0): TxnBody {
  return { kind: 'create', path, data: new TextEncoder().encode(data), owner, parentCreated: 1 }
}

export function sets(path: string, data: string, version: number): TxnBody {
  return { kind: 'setData', path, data: new TextEncoder().encode(data), version }
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
