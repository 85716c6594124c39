/** Messages, txns and writes in words: what matters for the story, nothing random, one line each. */
import { unreachable } from '../../lib/base/assert.js'
import { formatZxid } from '../../lib/protocol/zxid.js'
import type { Write } from '../../lib/replica/effect.js'
import type { Request } from '../../lib/protocol/request.js'
import type { Message } from '../../lib/replica/message.js'
import type { ZnodeRecord } from '../../lib/tree/record.js'
import type { OperationTxn, Txn } from '../../lib/tree/txn.js'
import type { Entry, Meta } from '../../lib/zab/entry.js'
import type { RequestBody } from '../../lib/protocol/request.js'
import type { AckEpochMessage, NotificationMessage } from '../../lib/zab/message.js'

/** Entries that are spelled out; of more only the number is told. */
const ENTRIES_SHOWN = 3

/** Kinds that say little unless the script is about them: elections, pings, leases. */
const QUIET: ReadonlySet<Message['kind']> = new Set([
  'notification',
  'ping',
  'pong',
  'report',
  'lease',
])

export function isQuiet({ kind }: Message): boolean {
  return QUIET.has(kind)
}

function text(data: Uint8Array | undefined): string {
  if (data === undefined) return ''
  if (data.length > 20) return `=(${data.length} bytes)`
  return `=${new TextDecoder().decode(data)}`
}

function describeOperation(operation: OperationTxn): string {
  switch (operation.kind) {
    case 'create':
      return `create ${operation.path}${text(operation.data)}${operation.owner === 0 ? '' : ' ephemeral'}`
    case 'setData':
      return `set ${operation.path}${text(operation.data)} v${operation.version}`
    case 'delete':
      return `delete ${operation.path}`
    case 'check':
      return 'check'
    default:
      return unreachable(operation)
  }
}

function describeTxn({ body }: Txn): string {
  switch (body.kind) {
    case 'create':
    case 'setData':
    case 'delete':
      return describeOperation(body)
    case 'setAcl':
      return `set the ACL of ${body.path}`
    case 'multi':
      return `multi(${body.operations.map(describeOperation).join(', ')})`
    case 'error':
      return `error ${body.code}`
    case 'sync':
      return 'sync'
    case 'createSession': {
      const remote = body.password === undefined ? '' : 'remote '
      return `open ${remote}session of ${body.origin.replica}`
    }
    case 'attachSession':
      return `attach session ${formatZxid(body.session)} to ${body.origin.replica}`
    case 'closeSession':
      return `close session ${formatZxid(body.session)} [${body.paths.join(' ')}]`
    case 'register': {
      const closed = body.closed.length === 0 ? '' : `, closing ${body.closed.length} sessions`
      return `register ${body.replica}.${body.incarnation.incarnation}${body.vote ? ' with a vote' : ''}${closed}`
    }
    default:
      return unreachable(body)
  }
}

export function describeEntry({ zxid, txn }: Entry<Txn>): string {
  return `${formatZxid(zxid)} ${describeTxn(txn)}`
}

export function describeEntries(entries: readonly Entry<Txn>[]): string {
  const first = entries[0]
  const last = entries.at(-1)
  if (first === undefined || last === undefined) return 'nothing'
  if (entries.length <= ENTRIES_SHOWN) return entries.map(describeEntry).join(', ')
  return `${formatZxid(first.zxid)}..${formatZxid(last.zxid)} (${entries.length} txns)`
}

export function describeBody(body: RequestBody): string {
  if (body.kind === 'multi') return `multi(${body.operations.map(({ kind }) => kind).join(', ')})`
  return `${body.kind}${'path' in body ? ` ${body.path}` : ''}`
}

function describeNotification(message: NotificationMessage): string {
  const { state, round, vote, voter, established } = message
  const whom = `${vote.leader} (${vote.epoch}, ${formatZxid(vote.zxid)})`
  const marks = `${voter ? '' : ', voteless'}${established ? ', established' : ''}`
  return `notification ${state}, round ${round}, for ${whom}${marks}`
}

function describeAckEpoch(message: AckEpochMessage): string {
  const { epoch, fresh, currentEpoch, voter, empty, epochEnds } = message
  const marks = `${fresh ? '' : ', promised before'}${voter ? '' : ', voteless'}${empty ? ', empty' : ''}`
  return `ackEpoch ${epoch}, has ${currentEpoch} [${epochEnds.map(formatZxid).join(' ')}]${marks}`
}

function describeRequest(request: Request): string {
  if (request.kind === 'request') return describeBody(request.body)
  const { attach } = request
  if (attach === undefined) return 'open session'
  return `attach session ${formatZxid(attach.session)} from ${formatZxid(attach.from)}`
}

function describeNodes(nodes: readonly ZnodeRecord[], sessions: number): string {
  const words = nodes.map(({ path, data }) => `${path}${text(data)}`)
  if (sessions > 0) words.push(`${sessions} sessions`)
  return words.length === 0 ? 'no znode' : words.join(' ')
}

export function describeMessage(message: Message): string {
  switch (message.kind) {
    case 'notification':
      return describeNotification(message)
    case 'followerInfo':
      return `followerInfo, accepted ${message.acceptedEpoch}${message.voter ? '' : ', voteless'}`
    case 'leaderInfo':
      return `leaderInfo ${message.epoch}`
    case 'ackEpoch':
      return describeAckEpoch(message)
    case 'diff':
      return `diff after ${formatZxid(message.from)}`
    case 'snap':
      return `snap ${formatZxid(message.start)}`
    case 'newLeader':
      return `newLeader ${message.epoch} at ${formatZxid(message.lastZxid)}${message.formation ? ', formation' : ''}`
    case 'ackNewLeader':
      return `ackNewLeader ${message.epoch} at ${formatZxid(message.lastZxid)}${message.voter ? '' : ', voteless'}`
    case 'upToDate':
      return `upToDate ${message.epoch}, committed ${formatZxid(message.committed)}`
    case 'proposal':
      return `proposal ${describeEntries(message.entries)}`
    case 'ack':
      return `ack ${formatZxid(message.zxid)}${message.voter ? '' : ', voteless'}`
    case 'commit':
      return `commit ${formatZxid(message.zxid)}`
    case 'ping':
    case 'pong':
      return `${message.kind} ${message.number}`
    case 'forward':
      return `forward ${message.requests.map(describeRequest).join(', ')}`
    case 'report':
    case 'lease':
      return `${message.kind} ${message.sessions.map(([id, heartbeat]) => `${formatZxid(id)} #${heartbeat}`).join(', ')}`
    case 'snapNodes':
      return `snapNodes ${message.slice}: ${describeNodes(message.nodes, message.sessions.length)}`
    case 'snapAck':
      return `snapAck ${message.slice}`
    case 'snapEnd':
      return `snapEnd ${formatZxid(message.tail.start)}..${formatZxid(message.tail.end)}`
    case 'divergence':
      return `divergence at ${formatZxid(message.zxid)}`
    case 'oldCopy':
      return `oldCopy: incarnation ${message.newest.incarnation} is known`
    default:
      return unreachable(message)
  }
}

/** What changes, compared with what was asked for before. */
function describeMeta(meta: Meta, before: Meta): string {
  const changes: string[] = []
  if (meta.databaseId !== before.databaseId) changes.push('another database id')
  if (meta.clusterId !== before.clusterId) changes.push('the cluster id')
  if (meta.acceptedEpoch !== before.acceptedEpoch) changes.push(`accepted ${meta.acceptedEpoch}`)
  if (meta.currentEpoch !== before.currentEpoch) changes.push(`current ${meta.currentEpoch}`)
  if (meta.voter !== before.voter) changes.push(meta.voter ? 'the vote' : 'no vote')
  if (meta.registry !== before.registry) changes.push('the registry')
  return changes.join(' & ')
}

function describeWrite(write: Exclude<Write, { kind: 'meta' }>): string {
  switch (write.kind) {
    case 'append':
      return `append ${describeEntries(write.entries)}`
    case 'truncate':
      return `truncate after ${formatZxid(write.after)}`
    case 'resetLog':
      return `a new log after ${formatZxid(write.base)}`
    case 'snapshotNodes':
      return `snapshot ${write.snapshot} gets ${describeNodes(write.nodes, 0)}`
    case 'snapshotComplete':
      return `snapshot ${write.snapshot} is complete ${formatZxid(write.tail.start)}..${formatZxid(write.tail.end)}`
    case 'snapshotAbort':
      return `snapshot ${write.snapshot} is void`
    case 'trim':
      return `trim up to ${formatZxid(write.upTo)}`
    default:
      return unreachable(write)
  }
}

export function describeWrites(writes: readonly Write[], before: Meta): string {
  const words: string[] = []
  let newest = before
  for (const write of writes) {
    if (write.kind !== 'meta') words.push(describeWrite(write))
    else newest = write.meta
  }
  const changes = newest === before ? '' : describeMeta(newest, before)
  if (changes !== '') words.push(changes)
  return words.join('; ')
}
