/** How full the queues of replicas are, against their bounds. What holds in each step is looked at now and then. */
import { REQUESTS_PER_SESSION_MAX } from '../../lib/base/limits.js'
import type { Core } from '../../lib/replica/core.js'
import type { Effect } from '../../lib/replica/effect.js'
import type { Input } from '../../lib/replica/input.js'
import type { ReplicaBounds } from '../../lib/replica/options.js'
import type { ProposalMessage } from '../../lib/zab/message.js'
import type { Process } from '../../lib/testing/process.js'
import type { Txn } from '../../lib/tree/txn.js'
import { epochOf } from '../../lib/protocol/zxid.js'
import { Leading } from '../../lib/zab/leading.js'
import type { Observation } from './observation.js'

/** One step of a process in so many is looked at. */
const STEPS_SAMPLED = 32
/** What any message to a View costs of its credit, at least. */
const VIEW_MESSAGE_BYTES = 64
/** Inputs of a View that cost credit. */
const FED: ReadonlySet<string> = new Set(['txns', 'snapshotBegin', 'snapshotNodes', 'snapshotEnd'])

interface Gauge {
  steps: number
  /** Messages on their way to each View. */
  readonly inFlight: Map<number, number>
  /** Only what was never so full before is told. */
  readonly fullest: Map<string, number>
}

export class Gauges {
  readonly #observe: (observation: Observation) => void
  readonly #bounds: ReplicaBounds
  readonly #gauges = new WeakMap<Process, Gauge>()

  constructor(observe: (observation: Observation) => void, bounds: ReplicaBounds) {
    this.#observe = observe
    this.#bounds = bounds
  }

  stepped(process: Process, core: Core, input: Input, effects: readonly Effect[]): void {
    const gauge = this.#gaugeOf(process)
    this.#countFeed(process, gauge, input, effects)
    gauge.steps += 1
    if (gauge.steps % STEPS_SAMPLED !== 0) return
    const { history, peer, tree } = core
    const { role } = peer
    if (role instanceof Leading && role.isEstablished) {
      const size = history.length - history.indexAfter(history.committed)
      const max = this.#bounds.outstandingProposalsMax
      this.#fill(process, gauge, 'outstanding proposals', size, max)
      this.#lookAtWindows(process, gauge, role, effects)
    }
    for (const { outcomes } of tree.sessions.values())
      this.#fill(process, gauge, 'outcomes of a session', outcomes.length, REQUESTS_PER_SESSION_MAX)
  }

  #countFeed(process: Process, gauge: Gauge, input: Input, effects: readonly Effect[]): void {
    const { inFlight } = gauge
    if (input.kind === 'viewAttached') inFlight.set(input.view, 0)
    if (input.kind === 'view' && input.output.kind === 'credit') {
      inFlight.set(input.view, (inFlight.get(input.view) ?? 0) - input.output.messages)
    }
    const max = Math.ceil(this.#bounds.viewCreditBytes / VIEW_MESSAGE_BYTES)
    for (const effect of effects) {
      if (effect.kind !== 'view' || !FED.has(effect.input.kind)) continue
      const size = (inFlight.get(effect.view) ?? 0) + 1
      inFlight.set(effect.view, size)
      this.#fill(process, gauge, 'messages on their way to a view', size, max)
    }
  }

  /** What was sent in this step was sent by a window that was not full yet. */
  #lookAtWindows(
    process: Process,
    gauge: Gauge,
    role: Leading<Txn>,
    effects: readonly Effect[],
  ): void {
    const history = process.replica.core?.history
    for (const learner of role.learners) {
      const first = newestProposal(learner.link.link, effects)?.entries[0]?.zxid
      // What synchronizes a learner goes out at once.
      if (first === undefined || !learner.isSynchronized || epochOf(first) !== role.epoch) continue
      if (history === undefined) continue
      const size = history.bytesBetween(Math.max(learner.acked, history.base), first - 1)
      const max = this.#bounds.learnerWindowBytes - 1
      this.#fill(process, gauge, 'the window of a learner', size, max)
    }
  }

  #fill({ id }: Process, { fullest }: Gauge, what: string, size: number, max: number): void {
    if (size <= (fullest.get(what) ?? 0)) return
    fullest.set(what, size)
    this.#observe({ kind: 'filled', where: `replica ${id}`, what, size, max })
  }

  #gaugeOf(process: Process): Gauge {
    const known = this.#gauges.get(process)
    if (known !== undefined) return known
    const gauge: Gauge = { steps: 0, inFlight: new Map(), fullest: new Map() }
    this.#gauges.set(process, gauge)
    return gauge
  }
}

function newestProposal(
  link: number,
  effects: readonly Effect[],
): ProposalMessage<Txn> | undefined {
  const sent = effects.findLast((effect) => {
    return effect.kind === 'send' && effect.link === link && effect.message.kind === 'proposal'
  })
  return sent?.kind === 'send' && sent.message.kind === 'proposal' ? sent.message : undefined
}
