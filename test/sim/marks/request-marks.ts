/** Rare states of requests and sessions: what a change of leaders, or the end of a session, met them in. */
import type { Request, SessionId, SessionRequest } from '../../../lib/protocol/request.js'
import type { Write } from '../../../lib/replica/effect.js'
import type { Message } from '../../../lib/replica/message.js'
import type { Process } from '../../../lib/testing/process.js'
import type { Txn } from '../../../lib/tree/txn.js'
import type { Entry } from '../../../lib/zab/entry.js'
import { Following } from '../../../lib/zab/following.js'
import { Leading } from '../../../lib/zab/leading.js'
import { Watcher } from './watcher.js'
import type { Step } from './watcher.js'

/** A request between its arrival at its replica and its decision. */
interface Life {
  readonly process: Process
  readonly request: SessionRequest
  forwards: number
  /** How often a leader has given it a place in the order. */
  proposals: number
  /** How many of these there were when it was sent again. */
  proposalsBefore: number
}

export class RequestMarks extends Watcher {
  readonly #lives = new Map<SessionId, Map<number, Life>>()
  readonly #owners = new Map<SessionId, Process>()
  readonly #openings = new Map<string, number>()
  /** Sessions whose end is proposed, and in which epoch. */
  readonly #closing = new Map<SessionId, number>()

  override stepped(step: Step): void {
    const { input, process, before } = step
    if (input.kind === 'view' && input.output.kind === 'requests') {
      for (const request of input.output.requests) this.#asked(process, request)
      this.#reached(step, input.output.requests)
    }
    if (input.kind !== 'message') return
    if (input.message.kind === 'forward') this.#reached(step, input.message.requests)
    if (input.message.kind === 'newLeader' && before.isBySnapshot) this.#jumped(step)
  }

  override sent(_step: Step, _link: number, message: Message): void {
    if (message.kind !== 'forward') return
    for (const request of message.requests) this.#forwarded(request)
  }

  override wrote({ role }: Step, writes: readonly Write[]): void {
    if (!(role instanceof Leading)) return
    const appends = writes.filter((write) => write.kind === 'append')
    if (appends.length > 0)
      this.#proposed(
        role.epoch,
        appends.flatMap(({ entries }) => entries),
      )
  }

  override decided({ txn: { origin, body } }: Entry<Txn>): void {
    if (origin !== undefined) this.#answered(origin.session, origin.cxid)
    // Another View counts its requests from 1.
    if (body.kind === 'attachSession') this.#lives.delete(body.session)
    if (body.kind !== 'closeSession') return
    const { hit } = this.setting
    const unanswered = this.#lives.get(body.session)?.size ?? 0
    if (origin === undefined && unanswered > 0) hit('expired-with-requests')
    if (origin === undefined && body.paths.length > 0) hit('expired-with-ephemerals')
    const owner = this.#ownerOf(body.session)
    if (origin === undefined && owner !== undefined && !isServed(owner)) hit('expired-while-away')
    this.#lives.delete(body.session)
    this.#closing.delete(body.session)
  }

  #asked(process: Process, request: Request): void {
    const { hit } = this.setting
    if (!isServed(process)) hit('asked-without-leader')
    if (request.kind === 'createSession' || !this.#isOwn(request)) return
    const lives = this.#lives.get(request.session) ?? new Map<number, Life>()
    if (request.body.kind === 'closeSession' && lives.size > 0) hit('close-pipelined')
    this.#owners.set(request.session, process)
    lives.set(request.cxid, { process, request, forwards: 0, proposals: 0, proposalsBefore: 0 })
    this.#lives.set(request.session, lives)
  }

  /** Requests have come to a replica; perhaps to the leader that has just proposed their session's end. */
  #reached({ role }: Step, requests: readonly Request[]): void {
    if (!(role instanceof Leading) || !role.isEstablished) return
    for (const request of requests) {
      if (request.kind === 'createSession') continue
      if (this.#closing.get(request.session) !== role.epoch) continue
      this.setting.hit('request-after-close-proposed')
      const { body } = request
      if (body.kind === 'create' && body.ephemeral)
        this.setting.hit('ephemeral-after-close-proposed')
    }
  }

  #forwarded(request: Request): void {
    const { hit } = this.setting
    if (request.kind === 'createSession') {
      const { replica, incarnationKey, view, number } = request.origin
      const key = `${replica} ${incarnationKey} ${view} ${number}`
      const forwards = (this.#openings.get(key) ?? 0) + 1
      this.#openings.set(key, forwards)
      if (forwards > 1) hit('opening-forwarded-twice')
      return
    }
    const life = this.#lives.get(request.session)?.get(request.cxid)
    if (life === undefined || !this.#isOwn(request)) return
    life.forwards += 1
    if (life.forwards === 1) return
    life.proposalsBefore = life.proposals
    hit('forwarded-twice')
    if (request.body.kind === 'sync') hit('sync-forwarded-twice')
    hit(life.proposals === 0 ? 'resubmitted-unproposed' : 'resubmitted-proposed')
  }

  #proposed(epoch: number, entries: readonly Entry<Txn>[]): void {
    const { hit } = this.setting
    const writers = new Set<SessionId>()
    for (const { txn } of entries) {
      const { origin, body } = txn
      if (body.kind === 'closeSession') {
        this.#closing.set(body.session, epoch)
        if (origin === undefined && writers.has(body.session)) hit('expiry-with-own-write')
      }
      if (origin === undefined) continue
      writers.add(origin.session)
      const life = this.#lives.get(origin.session)?.get(origin.cxid)
      if (life === undefined) continue
      life.proposals += 1
      // A leader knows what it has proposed; so the first proposal is lost.
      if (life.proposals > 1) hit('proposed-twice')
    }
  }

  /** Of the View that has the session. */
  #isOwn({ session, attached = session }: SessionRequest): boolean {
    return attached === this.setting.decided.attachedOf(session)
  }

  #answered(session: SessionId, cxid: number): void {
    const lives = this.#lives.get(session)
    const life = lives?.get(cxid)
    if (lives === undefined || life === undefined) return
    lives.delete(cxid)
    const { process, proposals, proposalsBefore } = life
    const { hit } = this.setting
    if (!process.isAlive) return hit('decided-for-the-dead')
    if (!isServed(process)) hit('decided-while-away')
    if (proposalsBefore > 0 && proposals === proposalsBefore) hit('resubmitted-in-vain')
  }

  /** The living process of a session that has asked for something. */
  #ownerOf(session: SessionId): Process | undefined {
    const origin = this.#owners.get(session)
    return origin?.isAlive === true ? origin : undefined
  }

  /** A snapshot has taken the replica over txns that it never sees: what its sessions asked is in the table only. */
  #jumped({ process, core, before }: Step): void {
    const { entries } = this.setting.decided
    const { committed } = core.history
    if (committed <= before.committed) return
    for (let index = entries.length - 1; index >= 0; index -= 1) {
      const entry = entries[index]
      if (entry === undefined || entry.zxid <= before.committed) return
      const session = entry.txn.origin?.session
      if (session === undefined || entry.zxid > committed) continue
      const owner = core.tree.sessions.get(session)?.origin
      if (owner?.replica !== process.id || owner.incarnationKey !== process.incarnationKey) continue
      return this.setting.hit('outcome-by-snapshot')
    }
  }
}

/** A leader is established that it is up to date with, or is. */
function isServed({ replica }: Process): boolean {
  const role = replica.core?.peer.role
  if (role instanceof Leading) return role.isEstablished
  return role instanceof Following && role.isServing
}
