/** A replica whose memory went wrong loads its disk again, which knows less for a moment; nobody is shown the past. */
import test from 'ava'
import type { RequestBody } from '../../lib/protocol/request.js'
import { Cluster } from './cluster.js'

function create(path: string): RequestBody {
  return { kind: 'create', path, data: undefined, ephemeral: false, sequential: false }
}

test('a replica that loads its disk again tells its View nothing twice, and nothing older than it has told', (t) => {
  const cluster = new Cluster(3)
  cluster.start(1, 2, 3)
  cluster.run(1000)
  const { leader } = cluster
  const follower = cluster.nodes.find((node) => node !== leader)
  if (follower?.replica?.core === undefined) return t.fail('there is a follower')
  const session = cluster.openSession(follower.id, 1)
  for (let cxid = 1; cxid <= 5; cxid++)
    cluster.write(follower.id, session, cxid, create(`/${cxid}`))
  const told = follower.txns.at(-1)?.zxid ?? 0
  t.is(told, follower.replica.core.tree.lastZxid)
  const before = follower.inputs.length

  // A flipped bit: the next txn leads to another digest than the leader's.
  follower.replica.core.tree.digest += 1
  cluster.write(follower.id, session, 6, create('/6'))
  t.true(follower.effects.some(({ kind }) => kind === 'reload'))
  cluster.run(5000)
  cluster.write(follower.id, session, 7, create('/7'))

  const since = follower.inputs.slice(before)
  for (const input of since) {
    if (input.kind === 'snapshotEnd') t.true(input.tail.end >= told)
  }
  const zxids = follower.txns.map(({ zxid }) => zxid)
  t.deepEqual(
    zxids,
    [...new Set(zxids)].toSorted((a, b) => a - b),
    'once each, in order',
  )
  t.deepEqual(
    follower.txns.flatMap(({ txn: { body } }) => (body.kind === 'create' ? [body.path] : [])),
    ['/1', '/2', '/3', '/4', '/5', '/6', '/7'],
    'and none is missing',
  )
  t.is(new Set(cluster.nodes.map(({ digest }) => digest)).size, 1)
})
