/** One step of one replica: gives it the input, executes what it asks for, and records both. */
import { InvariantError, unreachable } from '../../lib/base/assert.js'
import { formatZxid } from '../../lib/protocol/zxid.js'
import type { Core } from '../../lib/replica/core.js'
import type { Effect } from '../../lib/replica/effect.js'
import type { Input, Instant } from '../../lib/replica/input.js'
import type { ViewInput } from '../../lib/replica/view-message.js'
import { VIEW } from './client.js'
import { describeEntries, describeMessage, describeWrites, isQuiet } from './describe.js'
import type { Ensemble } from './ensemble.js'
import type { Process } from './member.js'
import type { Oracle } from './oracle.js'
import type { Loudness } from './trace.js'

/** What is worth telling of a replica when it changes. */
interface Standing {
  readonly role: string
  readonly established: boolean
  readonly voter: boolean
}

export class StepRunner {
  readonly #ensemble: Ensemble
  readonly #oracle: Oracle

  constructor(ensemble: Ensemble, oracle: Oracle) {
    this.#ensemble = ensemble
    this.#oracle = oracle
  }

  run(id: number, now: Instant, input: Input, words: string, loudness: Loudness): void {
    const process = this.#ensemble.processOf(id)
    const before = standingOf(process)
    const header = `${nameOf(id, process)} ${words}`
    const effects = this.#step(id, process, now, input)
    const lines: string[] = []
    const { core } = process.replica
    if (core !== undefined) this.#observe(id, process, core, before, lines)
    this.#executeAll(id, process, effects, lines)
    this.#ensemble.trace.step({ header, loudness, lines })
  }

  #step(id: number, process: Process, now: Instant, input: Input): Effect[] {
    try {
      return process.replica.step(now, input)
    } catch (error) {
      if (!(error instanceof InvariantError)) throw error
      this.#ensemble.trace.complain(`${id} breaks an invariant: ${error.message}`)
      this.#ensemble.later(() => {
        if (this.#ensemble.member(id).process === process) this.#ensemble.crash(id, 0)
      })
      return []
    }
  }

  #observe(id: number, process: Process, core: Core, before: Standing, lines: string[]): void {
    const after = standingOf(process)
    if (after.role !== before.role) lines.push(`is ${after.role}`)
    if (after.established && !before.established) {
      const { epoch, leader } = core.status()
      lines.push(leader === id ? `is established, epoch ${epoch}` : `is up to date with ${leader}`)
      if (leader === id) this.#oracle.established(id, epoch)
    }
    if (after.voter !== before.voter) lines.push(after.voter ? 'has a vote' : 'has no vote')
    const { tree, history } = core
    const from = process.applied
    process.applied = tree.lastZxid
    if (tree.lastZxid <= from) return
    if (history.base > from) lines.push(`has the state of ${formatZxid(tree.lastZxid)}`)
    else lines.push(`applies ${describeEntries(history.between(from, tree.lastZxid))}`)
    this.#oracle.applied(id, from, core)
  }

  #executeAll(id: number, process: Process, effects: readonly Effect[], lines: string[]): void {
    for (const effect of effects) {
      const isCounted =
        effect.kind === 'send' || effect.kind === 'persist' || effect.kind === 'closeLink'
      if (isCounted && process.effectsLeft !== undefined) {
        if (process.effectsLeft === 0) {
          lines.push('dies here')
          return this.#ensemble.later(() => this.#ensemble.crash(id, 0))
        }
        process.effectsLeft -= 1
      }
      this.#execute(id, process, effect, lines)
    }
  }

  #execute(id: number, process: Process, effect: Effect, lines: string[]): void {
    const ensemble = this.#ensemble
    switch (effect.kind) {
      case 'send': {
        const { link: number, message } = effect
        const lane = ensemble.links.find((link) => link.number === number)?.laneFrom(id)
        if (lane === undefined || lane.isClosed) return
        lane.put(ensemble.sequence(), message)
        this.#oracle.sent(ensemble.member(id), message)
        if (!isQuiet(message) || ensemble.trace.isVerbose)
          lines.push(`-> ${ensemble.peerName(lane.link, lane.to)}: ${describeMessage(message)}`)
        return
      }
      case 'persist': {
        const { ticket, writes } = effect
        process.pending.push({ sequence: ensemble.sequence(), ticket, writes })
        lines.push(`-> disk: ${describeWrites(writes, process.meta)}`)
        for (const write of writes) if (write.kind === 'meta') process.meta = write.meta
        return
      }
      case 'view':
        return this.#tellView(id, process, effect.input, lines)
      case 'closeLink':
        return this.#closeLink(id, effect.link, effect.reason, lines)
      case 'identity':
        process.identity = effect
        return
      case 'reload':
        // Not the digests themselves: they tell a reader nothing.
        lines.push(`has to load again: ${effect.reason.replace(/: expected.*/, '')}`)
        return ensemble.later(() => ensemble.reload(id))
      case 'failed':
        lines.push(`has failed: ${effect.reason}`)
        return ensemble.later(() => ensemble.crash(id, 0))
      case 'status':
      case 'watchProcess':
      case 'unwatchProcess':
        return
      default:
        return unreachable(effect)
    }
  }

  /** The View applies at once, and gives the credit back. */
  #tellView(id: number, process: Process, input: ViewInput, lines: string[]): void {
    lines.push(...process.client.hear(input))
    if (input.kind !== 'txns' && !input.kind.startsWith('snapshot')) return
    const core = process.replica.core
    const lastZxid = core?.tree.lastZxid ?? 0
    const output = { kind: 'credit', messages: 1, lastZxid, digest: 0 } as const
    this.#ensemble.later(() => {
      if (this.#ensemble.member(id).process !== process) return
      this.#ensemble.step(id, { kind: 'view', view: VIEW, output }, '<- View: credit', 'hidden')
    })
  }

  #closeLink(id: number, number: number, reason: string, lines: string[]): void {
    const ensemble = this.#ensemble
    const link = ensemble.links.find((each) => each.number === number)
    const lane = link?.laneFrom(id)
    const back = link?.laneTo(id)
    if (link === undefined || lane === undefined || back === undefined || back.hasEnded) return
    lines.push(`closes the link to ${ensemble.peerName(link, lane.to)}: ${reason}`)
    lane.close(ensemble.sequence(), false)
    back.close(ensemble.sequence(), true)
    back.queue = []
    back.hasEnded = true
    ensemble.later(() => {
      const input: Input = { kind: 'linkDown', link: number }
      ensemble.step(id, input, `<- the link to ${lane.to} is down`, 'quiet')
    })
  }
}

/** `2@4 following*`: replica 2, which has adopted epoch 4; the star says that a leader serves it, or that it serves. */
function nameOf(id: number, process: Process): string {
  const status = process.replica.status
  if (status === undefined) return `${id}`
  const epoch = process.replica.core?.history.meta.currentEpoch ?? 0
  return `${id}@${epoch} ${status.role}${status.established ? '*' : ''}`
}

function standingOf({ replica }: Process): Standing {
  const { core, status } = replica
  if (core === undefined || status === undefined || !core.peer.isStarted)
    return { role: 'down', established: false, voter: status?.voter ?? false }
  const { role } = core.peer
  const leader = role.state === 'following' ? ` ${role.notification().vote.leader}` : ''
  return { role: `${role.state}${leader}`, established: status.established, voter: status.voter }
}
