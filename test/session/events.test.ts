/** The events of a replica: `leader`, `quorum` and `divergence` fire when what they tell changes, and only then. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import type { ReplicaStatus } from '../../lib/replica/view-message.js'
import type { ReplicaHandle } from '../../lib/session/handle.js'
import { ReplicaReports } from '../../lib/session/replica-reports.js'
import { ensemble } from '../../lib/testing/index.js'
import type { Ensemble } from '../../lib/testing/index.js'
import { View } from '../../lib/session/view.js'
import { FakeReplica } from './fake-replica.js'
import { VirtualClock } from './virtual-clock.js'

const LOOKING: ReplicaStatus = {
  id: 1,
  role: 'looking',
  epoch: 0,
  leader: undefined,
  established: false,
  voter: true,
  lastLogged: 0,
  lastCommitted: 0,
  connected: [2, 3],
  peers: [],
  voters: [1, 2, 3],
  clusterId: 'c',
  waitingFor: 'the end of the election',
  counters: {},
}

function following(leader: number, epoch: number): ReplicaStatus {
  return { ...LOOKING, role: 'following', leader, epoch, established: true }
}

/** Everything that a replica tells, in order, as text. */
function heard(replica: Pick<ReplicaHandle, 'on'>): string[] {
  const events: string[] = []
  replica.on('leader', (leader, epoch) => events.push(`leader ${leader} of epoch ${epoch}`))
  replica.on('quorum', (established) => events.push(`quorum ${established}`))
  replica.on('divergence', (zxid) => events.push(`divergence at ${zxid}`))
  return events
}

function reports(): { reports: ReplicaReports; events: string[] } {
  const made = new ReplicaReports()
  const on: ReplicaHandle['on'] = function on(this: ReplicaHandle, name, listener) {
    made.on(name, listener)
    return this
  }
  return { reports: made, events: heard({ on }) }
}

test('who never had a leader has lost neither leader nor quorum', (t) => {
  const { reports: told, events } = reports()
  told.onStatus(LOOKING)
  told.onStatus({ ...LOOKING, connected: [] })
  t.deepEqual(events, [])
})

test('leader and quorum are told once each time they come and go, the leader first', (t) => {
  const { reports: told, events } = reports()
  told.onStatus(LOOKING)
  told.onStatus(following(2, 1))
  told.onStatus({ ...following(2, 1), lastCommitted: 5, connected: [2] })
  told.onStatus(LOOKING)
  told.onStatus(LOOKING)
  told.onStatus(following(3, 2))
  t.deepEqual(events, [
    'leader 2 of epoch 1',
    'quorum true',
    'leader undefined of epoch 0',
    'quorum false',
    'leader 3 of epoch 2',
    'quorum true',
  ])
})

test('the same leader in another epoch is news, though the quorum is not', (t) => {
  const { reports: told, events } = reports()
  told.onStatus(following(2, 1))
  told.onStatus(following(2, 2))
  t.deepEqual(events, ['leader 2 of epoch 1', 'quorum true', 'leader 2 of epoch 2'])
})

test('a replica that stops for good has lost its leader and its quorum', (t) => {
  const { reports: told, events } = reports()
  told.onFailure()
  told.onStatus(following(2, 1))
  events.length = 0
  told.onFailure()
  told.onFailure()
  t.deepEqual(events, ['leader undefined of epoch 1', 'quorum false'])
})

test('a divergence is told each time that one is found, of the View’s state and of the replica’s own', async (t) => {
  const clock = new VirtualClock()
  const replica = new FakeReplica(clock)
  const found: number[] = []
  const view = new View({ port: replica, clock, onDivergence: (zxid) => found.push(zxid) })
  t.teardown(() => view.close())
  replica.attach()
  replica.lead()
  const session = await view.openSession(undefined, { replica: {} as ReplicaHandle })
  replica.holdsTxns = true
  const creating = session.create('/a')
  await new Promise((resolve) => {
    setImmediate(resolve)
  })
  t.deepEqual(found, [])
  replica.deliverCorrupted()
  t.deepEqual(found, [replica.tree.lastZxid])
  replica.snapshot()
  await creating
  replica.give({ kind: 'divergence', zxid: 77 })
  t.deepEqual(found, [replica.tree.lastZxid, 77])
  t.is(session.existsSync('/a')?.version, 0, 'of the View’s own state nothing is in doubt then')
})

async function three(t: ExecutionContext): Promise<Ensemble> {
  const made = await ensemble()
  t.teardown(() => made.close())
  return made
}

test('whoever is cut off loses leader and quorum and gets both back; the others notice nothing', async (t) => {
  const some = await three(t)
  const sessions = await Promise.all([1, 2, 3].map((id) => some.join(id)))
  const cut = some.running.find((id) => id !== some.leader) ?? 0
  const leader = some.leader
  const epoch = sessions[0]?.replica.status().epoch
  const logs = sessions.map(({ replica }) => heard(replica))
  await some.partition([cut])
  await some.until(() => (logs[cut - 1]?.length ?? 0) > 0)
  t.deepEqual(logs[cut - 1], [`leader undefined of epoch ${epoch}`, 'quorum false'])
  await some.heal()
  await some.until(() => (logs[cut - 1]?.length ?? 0) > 2)
  t.deepEqual(logs[cut - 1]?.slice(2), [`leader ${leader} of epoch ${epoch}`, 'quorum true'])
  for (const id of [1, 2, 3]) if (id !== cut) t.deepEqual(logs[id - 1], [])
})

test('a leader that is killed is followed by another, and everybody left hears so', async (t) => {
  const some = await three(t)
  const sessions = await Promise.all([1, 2, 3].map((id) => some.join(id)))
  const former = some.leader ?? 0
  const left = sessions.filter((_, index) => index + 1 !== former)
  const epoch = left[0]?.replica.status().epoch ?? 0
  const logs = left.map(({ replica }) => heard(replica))
  await some.kill(former)
  await some.until(() => logs.every((log) => log.length >= 4))
  for (const log of logs) {
    t.deepEqual(log, [
      `leader undefined of epoch ${epoch}`,
      'quorum false',
      `leader ${some.leader} of epoch ${epoch + 1}`,
      'quorum true',
    ])
  }
})

test('when an event comes, `status` says so already', async (t) => {
  const some = await three(t)
  const follower = some.running.find((id) => id !== some.leader) ?? 0
  const { replica } = await some.join(follower)
  const seen: boolean[] = []
  replica.on('quorum', (established) => seen.push(replica.status().established === established))
  replica.on('leader', (leader) => seen.push(replica.status().leader === leader))
  await some.partition([follower])
  await some.until(() => seen.length === 2)
  await some.heal()
  await some.until(() => seen.length === 4)
  t.deepEqual(seen, [true, true, true, true])
})

test('`close` is no loss: whoever asks for it is told nothing', async (t) => {
  const some = await three(t)
  const session = await some.join(1)
  const events = heard(session.replica)
  await session.close()
  await some.advance(5000)
  t.deepEqual(events, [])
})
