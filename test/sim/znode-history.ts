/**
 * What every znode was at every zxid, by the decided txns: when it was made, last set, and whose it is; and which
 * sessions there were. Nothing of the library, and no data: that is for the model.
 */
import type { SessionId } from '../../lib/protocol/request.js'
import type { Zxid } from '../../lib/protocol/zxid.js'
import type { CloseSessionTxn, OperationTxn, Txn } from '../../lib/tree/txn.js'
import type { Entry } from '../../lib/zab/entry.js'
import { SYSTEM_ZNODES } from '../model/system.js'
import type { Checker, Observation } from './observation.js'

export interface ZnodeState {
  readonly czxid: Zxid
  readonly mzxid: Zxid
  readonly version: number
  readonly owner: SessionId
}

interface Span {
  readonly from: Zxid
  readonly state: ZnodeState | undefined
}

/** Demands nothing itself; it is told of what is decided before those who ask it. */
export class ZnodeHistory implements Checker {
  readonly name = 'znode history'
  readonly sees = ['decided'] as const
  readonly #spans = new Map<string, Span[]>()
  readonly #sessions = new Map<SessionId, { closedAt: Zxid }>()
  /** Number of znodes from each zxid on; ascending. */
  readonly #sizes: { readonly from: Zxid; readonly size: number }[] = []
  #size = 0
  readonly #decided = new Set<Zxid>()
  #last: Zxid = 0

  get last(): Zxid {
    return this.#last
  }

  isDecided(zxid: Zxid): boolean {
    return this.#decided.has(zxid)
  }

  constructor() {
    for (const path of SYSTEM_ZNODES.keys())
      this.#set(0, path, { czxid: 0, mzxid: 0, version: 0, owner: 0 })
    this.#sizes.push({ from: 0, size: this.#size })
  }

  observe(observation: Observation): void {
    if (observation.kind === 'decided') this.#append(observation.entry)
  }

  stateAt(path: string, position: Zxid): ZnodeState | undefined {
    return this.#spans.get(path)?.findLast(({ from }) => from <= position)?.state
  }

  /** Znodes at that position, those that are always there included. */
  sizeAt(position: Zxid): number {
    return this.#sizes.findLast(({ from }) => from <= position)?.size ?? 0
  }

  sessionsAt(position: Zxid): SessionId[] {
    return [...this.#sessions]
      .filter(([session, { closedAt }]) => session <= position && closedAt > position)
      .map(([session]) => session)
  }

  /** Who owned that path last before its present owner, and lost it by the end of his session. */
  earlierOwner(path: string): SessionId | undefined {
    const spans = this.#spans.get(path) ?? []
    for (let index = spans.length - 2; index >= 0; index -= 1) {
      const owner = spans[index]?.state?.owner ?? 0
      if (owner !== 0) return this.#sessions.get(owner)?.closedAt === Infinity ? undefined : owner
    }
    return undefined
  }

  #append({ zxid, txn: { body } }: Entry<Txn>): void {
    const before = this.#size
    this.#last = zxid
    this.#decided.add(zxid)
    switch (body.kind) {
      case 'create':
      case 'setData':
      case 'delete':
        this.#operate(zxid, body)
        break
      case 'multi':
        for (const operation of body.operations) this.#operate(zxid, operation)
        break
      case 'createSession':
        this.#sessions.set(zxid, { closedAt: Infinity })
        break
      case 'closeSession':
        this.#close(zxid, body)
        break
      case 'register':
        for (const each of body.closed) this.#close(zxid, each)
        break
      case 'attachSession':
      case 'setAcl':
      case 'error':
      case 'sync':
    }
    if (this.#size !== before) this.#sizes.push({ from: zxid, size: this.#size })
  }

  #operate(zxid: Zxid, operation: OperationTxn): void {
    if (operation.kind === 'check') return
    const { path } = operation
    if (operation.kind === 'delete') return this.#set(zxid, path, undefined)
    if (operation.kind === 'create') {
      const { owner } = operation
      return this.#set(zxid, path, { czxid: zxid, mzxid: zxid, version: 0, owner })
    }
    const state = this.#spans.get(path)?.at(-1)?.state
    if (state !== undefined)
      this.#set(zxid, path, { ...state, mzxid: zxid, version: operation.version })
  }

  #close(zxid: Zxid, { session, paths }: CloseSessionTxn): void {
    const known = this.#sessions.get(session)
    if (known !== undefined) known.closedAt = zxid
    for (const path of paths) this.#set(zxid, path, undefined)
  }

  #set(zxid: Zxid, path: string, state: ZnodeState | undefined): void {
    const spans = this.#spans.get(path) ?? []
    const before = spans.at(-1)
    this.#size += (state === undefined ? 0 : 1) - (before?.state === undefined ? 0 : 1)
    // Within one txn only the last state counts.
    if (before?.from === zxid) spans.pop()
    spans.push({ from: zxid, state })
    this.#spans.set(path, spans)
  }
}
