/** A database whose vote was given to another one, and which comes back. */
import test from 'ava'
import { Random } from '../../lib/base/random.js'
import { Disk } from '../../lib/testing/disk.js'
import { Cluster } from './cluster.js'

const REPLACED = 3

test('a database that was replaced and comes back gets its vote again under another name only', (t) => {
  const cluster = new Cluster(3)
  cluster.start(1, 2, 3)
  cluster.run(1000)
  const node = cluster.node(REPLACED)
  const old = node.disk
  const oldName = old.meta.databaseId
  t.true(old.meta.voter)

  cluster.kill(REPLACED)
  node.disk = new Disk(new Random(7))
  cluster.start(REPLACED)
  cluster.run(1000)
  t.true(node.disk.meta.voter, 'the empty database that took its place was given the vote')

  cluster.kill(REPLACED)
  node.disk = old
  cluster.start(REPLACED)
  cluster.run(1000)

  // Else a copy of what it was when it voted, put back later, would pass for it.
  t.not(old.meta.databaseId, oldName)
  t.true(old.meta.voter)
  const registry = cluster.leader?.replica?.core?.history.registry.snapshot(0)
  const row = registry?.voters.find(({ replica }) => replica === REPLACED)
  t.is(row?.databaseId, old.meta.databaseId)
})
