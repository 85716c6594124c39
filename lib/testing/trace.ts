/**
 * What happened, as a hash that two runs of one seed must share, and, if wanted, as lines that a person can read: one
 * per action, in the words of ZooKeeper. When, who@epoch role, from→to, what.
 */
import { formatZxid } from '../protocol/zxid.js'
import type { Request } from '../protocol/request.js'
import type { Write } from '../replica/effect.js'
import type { Input } from '../replica/input.js'
import type { Message, SessionReport } from '../replica/message.js'
import type { ViewInput, ViewOutput } from '../replica/view-message.js'
import type { Txn } from '../tree/txn.js'
import type { Entry } from '../zab/entry.js'

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

/** Who acts, and what he does; the columns stand below each other. */
export function line(who: string, what: string): string {
  return `${who.padEnd(15)}  ${what}`
}

/** One direction of a link: `from→to`, and the link's number, since there may be two of one pair for a while. */
export function arrow(from: number, to: number | undefined, link: number): string {
  return `${from}→${to ?? '?'}#${link}`
}

/** One message, short, in the words of ZooKeeper where it has one. */
export function describeMessage(message: Message): string {
  switch (message.kind) {
    case 'notification': {
      const { state, round, vote, voter, established } = message
      const told = `for ${vote.leader} (epoch ${vote.epoch}, ${formatZxid(vote.zxid)})`
      const marks = `${voter ? '' : ' without a vote'}${established ? ', established' : ''}`
      return `VOTE ${state.toUpperCase()} round ${round} ${told}${marks}`
    }
    case 'followerInfo': {
      const { acceptedEpoch, voter, empty } = message
      return `FOLLOWERINFO accepted ${acceptedEpoch}${voter ? '' : ' without a vote'}${empty ? ' empty' : ''}`
    }
    case 'leaderInfo':
      return `LEADERINFO epoch ${message.epoch}`
    case 'ackEpoch': {
      const { epoch, fresh, currentEpoch, lastZxid, voter, empty } = message
      const marks = `${fresh ? '' : ' (not fresh)'}${voter ? '' : ' without a vote'}${empty ? ' empty' : ''}`
      return `ACKEPOCH ${epoch} current ${currentEpoch} last ${formatZxid(lastZxid)}${marks}`
    }
    case 'diff':
      return `DIFF from ${formatZxid(message.from)}`
    case 'snap':
      return `SNAP from ${formatZxid(message.start)}`
    case 'newLeader':
      return `NEWLEADER ${message.epoch} last ${formatZxid(message.lastZxid)}${message.formation ? ' (formation)' : ''}`
    case 'ackNewLeader':
      return `ACK of NEWLEADER ${message.epoch}, stored up to ${formatZxid(message.lastZxid)}`
    case 'upToDate':
      return `UPTODATE ${message.epoch}, decided up to ${formatZxid(message.committed)}`
    case 'proposal':
      return `PROPOSAL ${describeEntries(message.entries)}`
    case 'ack':
      return `ACK ${formatZxid(message.zxid)}`
    case 'commit':
      return `COMMIT ${formatZxid(message.zxid)}`
    case 'ping':
      return `PING ${message.number}`
    case 'pong':
      return `PING ${message.number} answered`
    default:
      return describeReplicaMessage(message)
  }
}

type ReplicaMessage = Extract<
  Message,
  {
    kind:
      | 'forward'
      | 'report'
      | 'lease'
      | 'snapNodes'
      | 'snapAck'
      | 'snapEnd'
      | 'divergence'
      | 'oldCopy'
  }
>

function describeReplicaMessage(message: ReplicaMessage): string {
  switch (message.kind) {
    case 'forward':
      return `REQUEST ${describeRequests(message.requests)}`
    case 'report':
      return `HEARTBEATS ${describeSessions(message.sessions)}`
    case 'lease':
      return `LEASES ${describeSessions(message.sessions)}`
    case 'snapNodes': {
      const { slice, nodes, sessions } = message
      return `SNAP slice ${slice}: ${nodes.length} znodes, ${sessions.length} sessions`
    }
    case 'snapAck':
      return `SNAP slice ${message.slice} stored`
    case 'snapEnd':
      return `SNAP end ${formatZxid(message.tail.start)}..${formatZxid(message.tail.end)}`
    case 'divergence':
      return `DIVERGED at ${formatZxid(message.zxid)}`
    case 'oldCopy':
      return `OLDCOPY the newest opening is ${message.newest.incarnation}`
  }
}

/** @param peerOf  Whom a link goes to. */
export function describeInput(
  self: number,
  input: Input,
  peerOf: (link: number) => number | undefined,
): string {
  switch (input.kind) {
    case 'message': {
      const peer = peerOf(input.link)
      return `${peer ?? '?'}→${self}#${input.link} ${describeMessage(input.message)}`
    }
    case 'linkUp':
      return `link #${input.link} to ${input.member.replicaId} is up`
    case 'linkDown':
      return `link #${input.link} to ${peerOf(input.link) ?? '?'} is down`
    case 'persisted':
      return `disk: write ${input.ticket} is done`
    case 'start': {
      const { incarnation, meta, base, entries, snapshot, damage } = input.recovered
      const log = `log ${formatZxid(base)}..${formatZxid(entries.at(-1)?.zxid ?? base)}`
      const epochs = `epochs ${meta.acceptedEpoch} accepted, ${meta.currentEpoch} current`
      const end = snapshot === undefined ? '' : `, snapshot ${formatZxid(snapshot.tail.end)}`
      const marks = `${meta.voter ? '' : ', without a vote'}${damage === undefined ? '' : `, damaged: ${damage}`}`
      return `start: incarnation ${incarnation}, ${epochs}, ${log}${end}${marks}`
    }
    case 'timeout':
      return 'timeout'
    case 'view':
      return `view ${input.view} asks: ${describeOutput(input.output)}`
    case 'processGone':
      return `process of ${input.replica} is gone`
    default:
      return JSON.stringify(input)
  }
}

/** What is asked of a disk as one transaction. */
export function describeWrites(ticket: number, writes: readonly Write[]): string {
  return `disk: write ${ticket}: ${writes.map(describeWrite).join(', ')}`
}

function describeWrite(write: Write): string {
  switch (write.kind) {
    case 'meta': {
      const { acceptedEpoch, currentEpoch, voter } = write.meta
      return `epochs ${acceptedEpoch} accepted, ${currentEpoch} current${voter ? '' : ', no vote'}`
    }
    case 'append':
      return `append ${describeEntries(write.entries)}`
    case 'truncate':
      return `truncate after ${formatZxid(write.after)}`
    case 'resetLog':
      return `a new log from ${formatZxid(write.base)}`
    case 'trim':
      return `trim up to ${formatZxid(write.upTo)}`
    case 'snapshotNodes':
      return `snapshot ${write.snapshot}: ${write.nodes.length} znodes`
    case 'snapshotComplete':
      return `snapshot ${write.snapshot} complete, ${formatZxid(write.tail.start)}..${formatZxid(write.tail.end)}`
    case 'snapshotAbort':
      return `snapshot ${write.snapshot} void`
  }
}

export function describeViewInput(input: ViewInput): string {
  switch (input.kind) {
    case 'txns':
      return `txns ${describeEntries(input.entries)}`
    case 'snapshotBegin':
      return 'a snapshot begins'
    case 'snapshotNodes':
      return `a snapshot's ${input.nodes.length} znodes`
    case 'snapshotEnd':
      return `a snapshot ends ${formatZxid(input.tail.start)}..${formatZxid(input.tail.end)}`
    case 'lease':
      return `leases ${describeSessions(input.sessions)}`
    case 'status':
      return `status ${input.status.role}, leader ${input.status.leader ?? 'none'}`
    case 'divergence':
      return `the replica diverged at ${formatZxid(input.zxid)}`
    default:
      return JSON.stringify(input)
  }
}

function describeOutput(output: ViewOutput): string {
  switch (output.kind) {
    case 'requests':
      return describeRequests(output.requests)
    case 'heartbeat':
      return `heartbeat ${output.heartbeat} of ${output.sessions.map(formatZxid).join(' ')}`
    case 'credit':
      return `nothing; has applied ${formatZxid(output.lastZxid)}`
    case 'diverged':
      return `for a snapshot: diverged at ${formatZxid(output.zxid)}`
    case 'trace':
      return `for traces of ${output.on.join(', ')}`
  }
}

function describeRequests(requests: readonly Request[]): string {
  return requests
    .map((request) => {
      if (request.kind === 'createSession') return `open #${request.origin.number}`
      const { body, cxid, session } = request
      return `${body.kind}${'path' in body ? ` ${body.path}` : ''} (${formatZxid(session)} cxid ${cxid})`
    })
    .join(', ')
}

function describeEntries(entries: readonly Entry<Txn>[]): string {
  return entries.map(({ zxid, txn }) => `${formatZxid(zxid)} ${txn.body.kind}`).join(', ')
}

function describeSessions(sessions: SessionReport): string {
  return sessions.map(([session, heartbeat]) => `${formatZxid(session)}/${heartbeat}`).join(' ')
}
