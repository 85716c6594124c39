/** Messages that no replica would send, to see them refused. */
import type { Core } from '../../lib/replica/core.js'
import type { Message } from '../../lib/replica/message.js'
import { Tree } from '../../lib/tree/tree.js'
import type { Zxid } from '../../lib/protocol/zxid.js'
import type { Words } from './words.js'

/** @param core  The sender's, for what takes its contents from there. */
export function forge(words: Words, core: Core | undefined): readonly Message[] {
  const kind = words.next('a kind of message')
  if (kind !== 'snapshot') return [forgeOne(kind, words)]
  if (core === undefined) throw new Error('it is loading')
  return snapshotOf(core, words.zxid(), words.accept('damaged'))
}

function forgeOne(kind: string, words: Words): Message {
  switch (kind) {
    case 'leaderInfo':
      return { kind, epoch: words.number('an epoch') }
    case 'diff':
      return { kind, from: words.zxid() }
    case 'commit':
      return { kind, zxid: words.zxid() }
    case 'ack':
      return { kind, zxid: words.zxid(), voter: true }
    case 'upToDate':
      return { kind, epoch: words.number('an epoch'), committed: words.zxid() }
    case 'proposal': {
      const body = { kind: 'create', path: words.next('a path') } as const
      const create = { ...body, data: undefined, owner: 0, parentCreated: 1 }
      const txn = { time: 0, origin: undefined, digest: 1, body: create }
      return { kind, entries: [{ zxid: words.zxid(), txn }] }
    }
    default:
      throw new Error(`${kind} cannot be forged`)
  }
}

/** What a leader would have sent whose history ended at `end`: SNAP, NEWLEADER and all between. */
function snapshotOf({ history }: Core, end: Zxid, isDamaged: boolean): readonly Message[] {
  const tree = new Tree()
  for (const entry of history.between(0, end)) tree.apply(entry, 'strict')
  const nodes = tree.walk(end).next(Infinity)
  const { sessions, ...rest } = tree.tail(end)
  const digest = isDamaged ? rest.digest + 1 : rest.digest
  const { clusterId, currentEpoch: epoch } = history.meta
  const registry = history.registry.snapshot(history.lastZxid)
  return [
    { kind: 'snap', start: end },
    { kind: 'snapNodes', slice: 0, nodes, sessions },
    { kind: 'snapEnd', tail: { ...rest, digest, sessions: [] } },
    { kind: 'newLeader', epoch, clusterId, lastZxid: end, registry, formation: false },
  ]
}
