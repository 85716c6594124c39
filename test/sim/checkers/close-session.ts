/**
 * A session ends once, and takes all its ephemerals with it in that one txn: not one more, not one less; nothing of it
 * comes afterwards. And every state that is looked at has the sessions that live at its position, and of ephemerals those
 * that its sessions list.
 */
import { formatZxid } from '../../../lib/protocol/zxid.js'
import type { SessionId } from '../../../lib/protocol/request.js'
import type { CloseSessionTxn, TxnBody } from '../../../lib/tree/txn.js'
import type { Census } from '../inside.js'
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'
import type { ZnodeHistory } from '../znode-history.js'

export class CloseSession implements Checker {
  readonly name = 'close session'
  readonly sees = ['census', 'decided'] as const
  /** Paths of the ephemerals of each session that lives. */
  readonly #ephemerals = new Map<SessionId, Set<string>>()
  readonly #owners = new Map<string, SessionId>()
  readonly #history: ZnodeHistory

  constructor(history: ZnodeHistory) {
    this.#history = history
  }

  observe(observation: Observation): void {
    if (observation.kind === 'census') this.#onCensus(observation)
    if (observation.kind !== 'decided') return
    const { zxid, txn } = observation.entry
    this.#onBody(zxid, txn.body)
  }

  #onBody(zxid: SessionId, body: TxnBody): void {
    switch (body.kind) {
      case 'createSession':
        this.#ephemerals.set(zxid, new Set())
        return
      case 'create':
        if (body.owner === 0) return
        demand(
          this.#ephemerals.has(body.owner),
          this.name,
          () => `${body.path} is made by session ${formatZxid(body.owner)}, which is over`,
        )
        this.#ephemerals.get(body.owner)?.add(body.path)
        this.#owners.set(body.path, body.owner)
        return
      case 'delete':
        this.#ephemerals.get(this.#owners.get(body.path) ?? 0)?.delete(body.path)
        this.#owners.delete(body.path)
        return
      case 'multi':
        for (const operation of body.operations)
          if (operation.kind !== 'check') this.#onBody(zxid, operation)
        return
      case 'closeSession':
        return this.#onClosed(body)
      case 'register':
        for (const each of body.closed) this.#onClosed(each)
        return
      default:
    }
  }

  #onClosed({ session, paths }: CloseSessionTxn): void {
    const owned = this.#ephemerals.get(session)
    const who = formatZxid(session)
    demand(owned !== undefined, this.name, () => `session ${who} ends, and is not there`)
    for (const path of owned ?? []) {
      demand(paths.includes(path), this.name, () => `session ${who} ends and leaves ${path}`)
    }
    for (const path of paths) {
      demand(
        owned?.has(path) === true,
        this.name,
        () => `session ${who} takes ${path} with it, which is not its own`,
      )
      this.#owners.delete(path)
    }
    this.#ephemerals.delete(session)
  }

  #onCensus({ where, position, sessions, ephemerals, listed }: Census): void {
    const wanted = this.#history.sessionsAt(position)
    const isSame = sessions.length === wanted.length && sessions.every((id) => wanted.includes(id))
    demand(isSame, this.name, () => {
      return `${where} has sessions ${sessions.map(formatZxid).join()}; decided are ${wanted.map(formatZxid).join()}`
    })
    const live = new Set(sessions)
    for (const [path, owner] of ephemerals) {
      demand(
        live.has(owner),
        this.name,
        () => `in ${where}, ${path} belongs to session ${formatZxid(owner)}, which is not there`,
      )
    }
    const owned = new Set(ephemerals.map(([path, owner]) => `${path} ${owner}`))
    const isListed = listed.every(([path, owner]) => owned.has(`${path} ${owner}`))
    demand(isListed && listed.length === owned.size, this.name, () => {
      return `in ${where}, sessions list ${listed.length} ephemerals, and there are ${owned.size}`
    })
  }
}
