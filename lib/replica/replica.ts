/**
 * One member of the ensemble: consensus (zab/), the replicated state (tree/), and what lies between.
 *
 * The contract: the shell calls `step` with one input at a time and executes the effects in the order given; it
 * answers each `persist` once with `persisted`, or stops; it gives `timeout` when `deadline` has passed and
 * everything that came before is handled. `step` never throws for what the world does; if it throws, an invariant
 * is broken and this replica is over.
 *
 * This file only routes: what happens to the state is in core.ts, what a leader does in leadership.ts.
 */
import { assert, unreachable } from '../base/assert.js'
import type { Random } from '../base/random.js'
import { DivergenceError } from '../tree/divergence-error.js'
import type { Zxid } from '../protocol/zxid.js'
import type { Effect } from './effect.js'
import type { Input, Instant, LinkNumber } from './input.js'
import { Core } from './core.js'
import type { Message } from './message.js'
import type { ReplicaOptions } from './options.js'
import type { Recovered } from './recovered.js'
import type { ReplicaStatus, ViewInput, ViewOutput } from './view-message.js'
import { Views } from './views.js'
import { Pipeline } from './pipeline.js'

export class Replica {
  readonly #options: ReplicaOptions
  readonly #random: Random
  readonly #views: Views
  readonly #pipeline = new Pipeline()
  #core: Core | undefined
  #reloads = 0
  #divergedAt: number | undefined
  #isOver = false

  constructor(options: ReplicaOptions, random: Random) {
    assert(
      options.voterIds.every((id, index, ids) => index === 0 || (ids[index - 1] ?? 0) < id),
      'voter ids ascend',
    )
    this.#options = options
    this.#random = random
    this.#views = new Views(options.bounds)
  }

  /** Monotonic ms at which the next `timeout` is due; `Infinity` if none is. */
  get deadline(): number {
    return this.#isOver ? Infinity : (this.#core?.deadline ?? Infinity)
  }

  get status(): ReplicaStatus | undefined {
    return this.#core?.status()
  }

  /** The state as it is committed here; for tests and the shell, to look at only. */
  get core(): Core | undefined {
    return this.#core
  }

  step(now: Instant, input: Input): Effect[] {
    if (this.#isOver) return []
    try {
      if (input.kind === 'start') return this.#start(now, input.recovered)
      if (input.kind === 'close') return this.#close()
      const core = this.#core
      // While it reloads nothing else happens: links are closed, and Views wait.
      if (core === undefined) return this.#whileReloading(input)
      this.#route(core, now, input)
      return core.finish(now)
    } catch (error) {
      if (error instanceof DivergenceError) return this.#diverged(error)
      throw error
    }
  }

  #start(now: Instant, recovered: Recovered): Effect[] {
    assert(this.#core === undefined, 'a replica is loaded once')
    const random = this.#random.fork(`core ${this.#reloads}`)
    this.#core = new Core(now, this.#options, random, recovered, this.#views, this.#pipeline)
    this.#core.count('reloads', this.#reloads)
    this.#core.start(now)
    return this.#core.finish(now)
  }

  #close(): Effect[] {
    this.#isOver = true
    return []
  }

  #route(core: Core, now: Instant, input: Exclude<Input, { kind: 'start' | 'close' }>): void {
    switch (input.kind) {
      case 'timeout':
        return core.onTimeout(now)
      case 'linkUp':
        return core.onLinkUp(now, input.link, input.member)
      case 'linkDown':
        return core.onLinkDown(now, input.link)
      case 'message':
        return this.#onMessage(core, now, input.link, input.message)
      case 'persisted':
        return core.onPersisted(now, input.ticket)
      case 'viewAttached':
        return core.onViewAttached(input.view)
      case 'viewDetached':
        this.#views.detach(input.view)
        this.#pipeline.detach(input.view)
        return
      case 'view':
        return this.#onView(core, now, input.view, input.output)
      case 'processGone':
        return core.onProcessGone(input.replica, input.incarnationKey)
      default:
        return unreachable(input)
    }
  }

  #onMessage(core: Core, now: Instant, link: LinkNumber, message: Message): void {
    switch (message.kind) {
      case 'forward':
        return core.onForward(now, link, message.requests)
      case 'report':
        return core.onReport(now, link, message.sessions)
      case 'lease':
        return core.onLease(now, link, message.sessions)
      case 'snapNodes':
      case 'snapEnd':
        return core.onSnapshotPart(now, link, message)
      case 'snapAck':
        return core.onSnapshotAck(now, link, message.slice)
      case 'divergence':
        return this.#onDivergence(core, now, link, message.zxid)
      case 'oldCopy':
        return core.onOldCopy(now, link, message.newest)
      default:
        return core.onZabMessage(now, link, message)
    }
  }

  #onView(core: Core, now: Instant, view: number, output: ViewOutput): void {
    switch (output.kind) {
      case 'requests':
        core.count('requests', output.requests.length)
        for (const request of output.requests) {
          // Nobody answers for a session that has ended; its View learns that from the state.
          if (!core.hasEnded(request)) this.#pipeline.add(request)
        }
        return
      case 'heartbeat':
        return core.onHeartbeat(now, output.heartbeat, output.sessions)
      case 'credit':
        this.#pipeline.confirm(view, output.lastZxid)
        return this.#views.credit(view, output.messages)
      case 'diverged':
        core.count('viewDivergences', 1)
        return this.#views.restart(view)
      case 'trace':
        return this.#views.listen(view, output.on)
      default:
        return unreachable(output)
    }
  }

  /** What Views ask meanwhile is kept; everything else belongs to the core that is gone. */
  #whileReloading(input: Input): Effect[] {
    if (input.kind === 'viewAttached') this.#views.attach(input.view)
    if (input.kind === 'viewDetached') {
      this.#views.detach(input.view)
      this.#pipeline.detach(input.view)
    }
    // The new core would never hear of it: the peer dials again.
    if (input.kind === 'linkUp') return [{ kind: 'closeLink', link: input.link, reason: 'loading' }]
    if (input.kind !== 'view') return []
    if (input.output.kind === 'requests')
      for (const request of input.output.requests) this.#pipeline.add(request)
    if (input.output.kind === 'credit') this.#views.credit(input.view, input.output.messages)
    if (input.output.kind === 'diverged') this.#views.restart(input.view)
    if (input.output.kind === 'trace') this.#views.listen(input.view, input.output.on)
    return []
  }

  /** If a quorum of states differs from mine, it is mine that is wrong, whatever I computed. */
  #onDivergence(core: Core, now: Instant, link: LinkNumber, zxid: Zxid): void {
    if (core.onDivergence(now, link)) throw new DivergenceError(zxid, 0, core.tree.digest)
  }

  /** My state is not the leader's (P9): stop serving, load from the disk; a second time at the same place is the end. */
  #diverged(error: DivergenceError): Effect[] {
    if (this.#divergedAt === error.zxid) {
      this.#isOver = true
      return [{ kind: 'failed', reason: `${error.message}, again after loading from the disk` }]
    }
    this.#divergedAt = error.zxid
    const confession = this.#core?.confessDivergence(error.zxid) ?? []
    const told = this.#toViews({ kind: 'divergence', zxid: error.zxid })
    return [...confession, ...told, ...this.#reload(error.message)]
  }

  #reload(reason: string): Effect[] {
    this.#reloads += 1
    const closing: Effect[] = (this.#core?.linkNumbers() ?? []).map((link) => {
      return { kind: 'closeLink', link, reason: 'diverged' }
    })
    const last = this.#core?.status()
    this.#core = undefined
    return [...closing, ...this.#suspended(last), { kind: 'reload', reason }]
  }

  /** Nobody serves this replica, nor it its Views, until it has loaded its disk. */
  #suspended(last: ReplicaStatus | undefined): Effect[] {
    if (last === undefined) return []
    const status: ReplicaStatus = {
      ...last,
      role: 'looking',
      leader: undefined,
      established: false,
      waitingFor: 'its own disk: its state differed from the leader’s',
    }
    return [{ kind: 'status', status }, ...this.#toViews({ kind: 'status', status })]
  }

  #toViews(input: ViewInput): Effect[] {
    return this.#views.ids.map((view) => ({ kind: 'view', view, input }))
  }
}
