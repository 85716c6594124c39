/**
 * The one true history of a run: every txn in the order in which it was first applied anywhere, and the znodes that
 * follow from it. Shares no code with the tree of the library; txns are absolute, so replaying them is simple.
 */
import type { SessionId } from '../../lib/protocol/request.js'
import type { Zxid } from '../../lib/protocol/zxid.js'
import type { OperationTxn, Txn } from '../../lib/tree/txn.js'
import type { Entry } from '../../lib/zab/entry.js'
import type { Shown } from './observation.js'

/** A state of one path, from `zxid` until the next one. */
export interface Span {
  readonly zxid: Zxid
  readonly shown: Shown | undefined
  readonly owner: SessionId
}

const NOTHING: Span = { zxid: 0, shown: undefined, owner: 0 }

export class Decided {
  readonly entries: Entry<Txn>[] = []
  readonly #indexByZxid = new Map<Zxid, number>()
  readonly #byRequest = new Map<string, Entry<Txn>>()
  readonly #spans = new Map<string, Span[]>()
  readonly #closed = new Map<SessionId, Zxid>()
  readonly #opened = new Set<SessionId>()

  get last(): Entry<Txn> | undefined {
    return this.entries.at(-1)
  }

  indexOf(zxid: Zxid): number | undefined {
    return this.#indexByZxid.get(zxid)
  }

  at(zxid: Zxid): Entry<Txn> | undefined {
    const index = this.#indexByZxid.get(zxid)
    return index === undefined ? undefined : this.entries[index]
  }

  /** The txn that answered a request. */
  answer(session: SessionId, cxid: number): Entry<Txn> | undefined {
    return this.#byRequest.get(`${session} ${cxid}`)
  }

  /** zxid at which the session ended. */
  closedAt(session: SessionId): Zxid | undefined {
    return this.#closed.get(session)
  }

  get openSessions(): SessionId[] {
    return [...this.#opened].filter((session) => !this.#closed.has(session))
  }

  /** Every path that there ever was, with its states. */
  get paths(): ReadonlyMap<string, readonly Span[]> {
    return this.#spans
  }

  /** States of a path, oldest first; before the first there was none. */
  spansOf(path: string): readonly Span[] {
    return this.#spans.get(path) ?? []
  }

  /** The state of a path at a position. */
  spanAt(path: string, zxid: Zxid): Span {
    return this.spansOf(path).findLast((span) => span.zxid <= zxid) ?? NOTHING
  }

  /** Changes of a path in (after, upTo]. */
  changes(path: string, after: Zxid, upTo: Zxid): readonly Span[] {
    return this.spansOf(path).filter(({ zxid }) => zxid > after && zxid <= upTo)
  }

  append(entry: Entry<Txn>): void {
    const { zxid, txn } = entry
    this.#indexByZxid.set(zxid, this.entries.length)
    this.entries.push(entry)
    const { origin, body } = txn
    if (origin !== undefined) this.#byRequest.set(`${origin.session} ${origin.cxid}`, entry)
    switch (body.kind) {
      case 'create':
      case 'setData':
      case 'delete':
        return this.#operate(zxid, body)
      case 'multi':
        for (const operation of body.operations) this.#operate(zxid, operation)
        return
      case 'createSession':
        this.#opened.add(zxid)
        return
      case 'closeSession':
        return this.#close(zxid, body.session, body.paths)
      case 'register':
        for (const { session, paths } of body.closed) this.#close(zxid, session, paths)
        return
      case 'error':
      case 'sync':
    }
  }

  #close(zxid: Zxid, session: SessionId, paths: readonly string[]): void {
    this.#closed.set(session, zxid)
    for (const path of paths) this.#set(path, { zxid, shown: undefined, owner: 0 })
  }

  #operate(zxid: Zxid, operation: OperationTxn): void {
    if (operation.kind === 'check') return
    const { path } = operation
    if (operation.kind === 'delete') return this.#set(path, { zxid, shown: undefined, owner: 0 })
    const data = textOf(operation.data)
    if (operation.kind === 'create') {
      const shown = { data, version: 0, czxid: zxid, mzxid: zxid }
      return this.#set(path, { zxid, shown, owner: operation.owner })
    }
    const { shown, owner } = this.spanAt(path, zxid)
    const czxid = shown?.czxid ?? 0
    this.#set(path, {
      zxid,
      shown: { data, version: operation.version, czxid, mzxid: zxid },
      owner,
    })
  }

  #set(path: string, span: Span): void {
    const spans = this.#spans.get(path)
    if (spans === undefined) this.#spans.set(path, [span])
    // Within one txn only the last state counts.
    else if (spans.at(-1)?.zxid === span.zxid) spans[spans.length - 1] = span
    else spans.push(span)
  }
}

function textOf(data: Uint8Array | undefined): string {
  return data === undefined ? '' : new TextDecoder().decode(data)
}
