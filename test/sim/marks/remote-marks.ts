/** Rare states of remote sessions, and of znodes that have a list of who may do what or a time to live. */
import type { CreateSessionRequest, Request, SessionId } from '../../../lib/protocol/request.js'
import type { Write } from '../../../lib/replica/effect.js'
import type { Message } from '../../../lib/replica/message.js'
import type { RemoteEnd } from '../../../lib/session/remote.js'
import type { OperationTxn, Txn, TxnBody } from '../../../lib/tree/txn.js'
import { originKey } from '../../../lib/tree/session-state.js'
import type { Entry } from '../../../lib/zab/entry.js'
import { Leading } from '../../../lib/zab/leading.js'
import type { Observation } from '../observation.js'
import type { MarkName } from './table.js'
import { Watcher } from './watcher.js'
import type { Step } from './watcher.js'

const REFUSALS: Readonly<Record<string, MarkName>> = {
  NO_AUTH: 'no-auth',
  INVALID_ACL: 'invalid-acl',
  QUOTA_EXCEEDED: 'quota-exceeded',
}

export class RemoteMarks extends Watcher {
  /** By whom each remote session was asked for last. */
  readonly #origins = new Map<SessionId, CreateSessionRequest['origin']>()
  /** How often each attachment was forwarded, and proposed. */
  readonly #forwards = new Map<string, number>()
  readonly #proposals = new Map<string, number>()
  /** Where each View was last taken to by a snapshot. */
  readonly #jumpedTo = new Map<number, number>()
  readonly #retentions = new Map<string, number>()

  override stepped({ input, role }: Step): void {
    if (!(role instanceof Leading) || !role.isEstablished) return
    if (input.kind === 'message' && input.message.kind === 'forward')
      this.#reached(input.message.requests)
    if (input.kind === 'view' && input.output.kind === 'requests')
      this.#reached(input.output.requests)
  }

  override sent(_step: Step, _link: number, message: Message): void {
    if (message.kind !== 'forward') return
    for (const request of message.requests) {
      if (request.kind !== 'createSession' || request.attach === undefined) continue
      if (this.#count(this.#forwards, originKey(request.origin)) > 1)
        this.setting.hit('attach-forwarded-twice')
    }
  }

  override wrote({ role }: Step, writes: readonly Write[]): void {
    if (!(role instanceof Leading)) return
    for (const write of writes) {
      if (write.kind !== 'append') continue
      for (const { txn } of write.entries) {
        if (txn.body.kind !== 'attachSession') continue
        if (this.#count(this.#proposals, originKey(txn.body.origin)) > 1)
          this.setting.hit('attach-proposed-twice')
      }
    }
  }

  override decided({ zxid, txn: { origin, body } }: Entry<Txn>): void {
    const { hit } = this.setting
    switch (body.kind) {
      case 'createSession':
        if (body.password !== undefined) this.#origins.set(zxid, body.origin)
        return
      case 'attachSession':
        return this.#attached(body)
      case 'closeSession':
        if (!this.#origins.delete(body.session) || origin !== undefined) return
        hit('remote-expired')
        if (body.paths.length > 0) hit('remote-expired-with-ephemerals')
        return
      case 'error': {
        const mark = REFUSALS[body.code]
        if (mark !== undefined) hit(mark)
        return
      }
      case 'create':
      case 'delete':
        return this.#operated(body, origin === undefined)
      case 'multi':
        for (const operation of body.operations) this.#operated(operation, false)
        return
      default:
    }
  }

  override observed(observation: Observation): void {
    const { hit } = this.setting
    if (observation.kind === 'jumping') this.#jumpedTo.set(observation.view, observation.to)
    if (observation.kind === 'refused' && observation.code === 'NO_AUTH') hit('read-forbidden')
    if (observation.kind === 'unattached' && observation.code === 'SESSION_MOVED')
      hit('attach-raced')
  }

  /** A remote client's connection at that View has heard the last. */
  connectionEnded(view: number, position: number, reason: RemoteEnd, unsettled: number): void {
    if (reason !== 'moved') return
    const { hit } = this.setting
    if (unsettled > 0) hit('moved-in-flight')
    if (this.#jumpedTo.get(view) === position) hit('moved-by-snapshot')
  }

  #attached({ session, origin }: Extract<TxnBody, { kind: 'attachSession' }>): void {
    const { hit, world } = this.setting
    const before = this.#origins.get(session)
    this.#origins.set(session, origin)
    if (before === undefined) return
    const isSameReplica = before.incarnationKey === origin.incarnationKey
    if (isSameReplica && before.view === origin.view) return hit('attached-at-same-view')
    const isAlive = world.processes.some(
      ({ incarnationKey }) => incarnationKey === before.incarnationKey,
    )
    if (!isAlive) hit('attached-from-the-dead')
  }

  #operated(operation: OperationTxn, isCleaner: boolean): void {
    if (operation.kind === 'create') {
      const { path, retention } = operation
      if (retention === undefined) this.#retentions.delete(path)
      else this.#retentions.set(path, retention)
    }
    if (operation.kind !== 'delete' || !isCleaner) return
    const isContainer = (this.#retentions.get(operation.path) ?? 0) < 0
    this.setting.hit(isContainer ? 'container-deleted' : 'ttl-deleted')
  }

  /** Requests have come to an established leader. */
  #reached(requests: readonly Request[]): void {
    for (const request of requests) {
      if (request.kind !== 'request') continue
      const { session, attached = session } = request
      if (attached < this.setting.decided.attachedOf(session)) this.setting.hit('request-fenced')
    }
  }

  #count(counts: Map<string, number>, key: string): number {
    const count = (counts.get(key) ?? 0) + 1
    counts.set(key, count)
    return count
  }
}
