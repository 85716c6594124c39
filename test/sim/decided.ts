/**
 * The one true history of a run: every txn in the order in which it was first applied anywhere, and what there is of
 * sessions and znodes after the last one. Shares no code with the tree of the library; txns are absolute, so following
 * them is simple. What requests must come to is the model's to say.
 */
import type { SessionId } from '../../lib/protocol/request.js'
import type { Zxid } from '../../lib/protocol/zxid.js'
import type { OperationTxn, Txn } from '../../lib/tree/txn.js'
import type { Entry } from '../../lib/zab/entry.js'
import { Attachments, requestKey } from './attachments.js'

export class Decided {
  readonly entries: Entry<Txn>[] = []
  readonly #indexByZxid = new Map<Zxid, number>()
  readonly #byRequest = new Map<string, Entry<Txn>>()
  /** When each znode that is there was created. */
  readonly #created = new Map<string, Zxid>()
  readonly #owners = new Map<string, SessionId>()
  readonly #closed = new Map<SessionId, Zxid>()
  readonly #opened = new Set<SessionId>()
  readonly #attachments = new Attachments()

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

  /** The txn that answered a request. @param attached  Of a remote session: the txn that gave it to its View. */
  answer(session: SessionId, cxid: number, attached?: Zxid): Entry<Txn> | undefined {
    return this.#byRequest.get(requestKey(session, cxid, attached))
  }

  /** The txn that gave the session to the View that has it now. */
  attachedOf(session: SessionId): Zxid {
    return this.#attachments.of(session)
  }

  /** zxid at which the session ended. */
  closedAt(session: SessionId): Zxid | undefined {
    return this.#closed.get(session)
  }

  get openSessions(): SessionId[] {
    return [...this.#opened]
  }

  /** The ephemerals that there are, with their owners. */
  get owners(): ReadonlyMap<string, SessionId> {
    return this.#owners
  }

  /** zxid of the txn that created the znode; 0 if there is none (and for the root). */
  createdAt(path: string): Zxid {
    return this.#created.get(path) ?? 0
  }

  append(entry: Entry<Txn>): void {
    const { zxid, txn } = entry
    this.#indexByZxid.set(zxid, this.entries.length)
    this.entries.push(entry)
    const { body } = txn
    const request = this.#attachments.decided(entry)
    if (request !== undefined) this.#byRequest.set(request, entry)
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
      case 'attachSession':
      case 'setAcl':
      case 'error':
      case 'sync':
    }
  }

  #close(zxid: Zxid, session: SessionId, paths: readonly string[]): void {
    this.#closed.set(session, zxid)
    this.#opened.delete(session)
    for (const path of paths) this.#delete(path)
  }

  #operate(zxid: Zxid, operation: OperationTxn): void {
    if (operation.kind === 'delete') return this.#delete(operation.path)
    if (operation.kind !== 'create') return
    const { path, owner } = operation
    this.#created.set(path, zxid)
    if (owner !== 0) this.#owners.set(path, owner)
  }

  #delete(path: string): void {
    this.#created.delete(path)
    this.#owners.delete(path)
  }
}
