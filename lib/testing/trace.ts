/** What happened, as a hash that two runs of one seed must share, and, if wanted, as lines that a person can read. */
import { formatZxid } from '../protocol/zxid.js'
import type { Input } from '../replica/input.js'
import type { Message } from '../replica/message.js'
import type { ViewInput, ViewOutput } from '../replica/view-message.js'

export class Trace {
  readonly lines: string[] = []
  readonly #isKept: boolean
  readonly #print: ((line: string) => void) | undefined
  #hash = 0x811c_9dc5

  /** @param print  Gets each line at once; without it, and without `isKept`, only the hash is made. */
  constructor(isKept = false, print?: (line: string) => void) {
    this.#isKept = isKept
    this.#print = print
  }

  get hash(): string {
    return this.#hash.toString(16).padStart(8, '0')
  }

  add(now: number, kind: string, values: readonly number[], line: () => string): void {
    this.#mix(now)
    for (let index = 0; index < kind.length; index += 1) this.#mix(kind.charCodeAt(index))
    for (const value of values) this.#mix(value)
    if (!this.#isKept && this.#print === undefined) return
    const text = `${(now / 1000).toFixed(4).padStart(9)}  ${line()}`
    if (this.#isKept) this.lines.push(text)
    this.#print?.(text)
  }

  #mix(value: number): void {
    const low = Math.trunc(value * 1024)
    this.#hash = Math.imul(this.#hash ^ (low >>> 0), 0x0100_0193)
    this.#hash = Math.imul(this.#hash ^ (Math.floor(low / 2 ** 32) >>> 0), 0x0100_0193) >>> 0
  }
}

/** One message, short. */
export function describeMessage(message: Message): string {
  switch (message.kind) {
    case 'proposal': {
      const first = message.entries[0]?.zxid ?? 0
      return `proposal ${formatZxid(first)} +${message.entries.length - 1}`
    }
    case 'ack':
    case 'commit':
      return `${message.kind} ${formatZxid(message.zxid)}`
    case 'forward':
      return `forward ${message.requests.length}`
    case 'snapNodes':
      return `snapNodes #${message.slice} (${message.nodes.length})`
    case 'snapEnd':
      return `snapEnd ${formatZxid(message.tail.start)}..${formatZxid(message.tail.end)}`
    case 'ackEpoch': {
      const { epoch, fresh, currentEpoch, lastZxid, voter, empty } = message
      const marks = `${fresh ? ' fresh' : ''}${voter ? ' voter' : ''}${empty ? ' empty' : ''}`
      return `ackEpoch ${epoch} current ${currentEpoch} last ${formatZxid(lastZxid)}${marks}`
    }
    case 'newLeader':
      return `newLeader ${message.epoch} last ${formatZxid(message.lastZxid)}${message.formation ? ' formation' : ''}`
    case 'notification': {
      const { state, round, vote, voter, established } = message
      const told = `for ${vote.leader} (${vote.epoch}, ${formatZxid(vote.zxid)})`
      return `notification ${state} round ${round} ${told}${voter ? ' voter' : ''}${established ? ' established' : ''}`
    }
    default:
      return JSON.stringify(message)
  }
}

export function describeInput(input: Input): string {
  switch (input.kind) {
    case 'message':
      return `link ${input.link}: ${describeMessage(input.message)}`
    case 'linkUp':
      return `link ${input.link} up, to ${input.member.replicaId}`
    case 'start':
      return `start, incarnation ${input.recovered.incarnation}`
    case 'view':
      return `view ${input.view}: ${describeOutput(input.output)}`
    default:
      return JSON.stringify(input)
  }
}

function describeOutput(output: ViewOutput): string {
  if (output.kind !== 'requests') return JSON.stringify(output)
  return output.requests
    .map((request) => {
      if (request.kind === 'createSession') return `open #${request.origin.number}`
      const { body, cxid, session } = request
      return `${body.kind}${'path' in body ? ` ${body.path}` : ''} (${formatZxid(session)} cxid ${cxid})`
    })
    .join(', ')
}

export function describeViewInput(input: ViewInput): string {
  switch (input.kind) {
    case 'txns':
      return input.entries.map(({ zxid, txn }) => `${formatZxid(zxid)} ${txn.body.kind}`).join(', ')
    case 'snapshotNodes':
      return `snapshotNodes (${input.nodes.length})`
    case 'snapshotEnd':
      return `snapshotEnd ${formatZxid(input.tail.start)}..${formatZxid(input.tail.end)}`
    case 'status':
      return `status ${input.status.role} leader ${String(input.status.leader)}`
    default:
      return JSON.stringify(input)
  }
}
