/** What a real replica tells of its disk, its links and its elections: with real files and sockets. */
import diagnostics from 'node:diagnostics_channel'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { join } from '../../lib/index.js'
import type { Session } from '../../lib/index.js'
import type { ElectionMessage, FsyncMessage } from '../../lib/session/replica-traces.js'

const PATIENCE_MS = 20_000

function directory(t: ExecutionContext): string {
  const dir = mkdtempSync(joinPath(tmpdir(), 'vivarium-introspection-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

function collect<Message>(t: ExecutionContext, name: string): Message[] {
  const messages: Message[] = []
  const listener = (message: unknown): void => void messages.push(message as Message)
  diagnostics.subscribe(name, listener)
  t.teardown(() => diagnostics.unsubscribe(name, listener))
  return messages
}

async function eventually(t: ExecutionContext, isTrue: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (!isTrue()) {
    if (performance.now() > end) return t.fail('it never came true')
    await new Promise((resolve) => {
      setTimeout(resolve, 10)
    })
  }
}

function metric(session: Session, name: string): number {
  return session.replica.metrics()[name] ?? NaN
}

/** Two voters in this process, joined by Unix sockets. */
async function pair(t: ExecutionContext): Promise<{ sessions: Session[]; paths: string[] }> {
  const dir = directory(t)
  const paths = [1, 2].map((id) => joinPath(dir, `${id}.sock`))
  const peers = Object.fromEntries(paths.map((path, index) => [index + 1, `unix:${path}`]))
  const opening = paths.map((path, index) => {
    const id = index + 1
    return join({ dir: joinPath(dir, String(id)), id, listen: `unix:${path}`, peers })
  })
  const sessions = await Promise.all(opening)
  for (const session of sessions) t.teardown(() => session.close({ timeout: 0 }))
  return { sessions, paths }
}

test.serial(
  'every transaction of a real disk is timed, and told while somebody subscribes',
  async (t) => {
    const dir = directory(t)
    const told = collect<FsyncMessage>(t, 'vivarium:fsync')
    const before = Date.now()
    const zk = await join({ dir, size: 1 })
    t.teardown(() => zk.close())
    for (let n = 0; n < 20; n++) await zk.create(`/${n}`, 'x'.repeat(100))
    t.true(told.length >= 20, 'one after the other, each was durable by itself')
    for (const { replica, start, durationMs, writes } of told) {
      t.is(replica, 1)
      t.true(start >= before - 1 && start <= Date.now() + 1)
      t.true(durationMs > 0 && durationMs < PATIENCE_MS)
      t.true(writes > 0)
    }
    const bytes = told.reduce((sum, message) => sum + message.bytes, 0)
    t.true(bytes >= 20 * 100)

    await eventually(t, () => metric(zk, 'fsyncs') >= told.length)
    const longest = Math.max(...told.map(({ durationMs }) => durationMs))
    t.true(metric(zk, 'fsyncMsMax') >= longest)
    t.true(metric(zk, 'fsyncMs') >= told.reduce((sum, each) => sum + each.durationMs, 0) - 0.001)
    t.true(metric(zk, 'fsyncMs') >= metric(zk, 'fsyncMsMax'))
    t.true(metric(zk, 'databaseBytes') > 20 * 100)
  },
)

test.serial(
  'the first election of a real replica is told to whoever subscribed before it joined',
  async (t) => {
    const told = collect<ElectionMessage>(t, 'vivarium:election')
    const before = Date.now()
    const { sessions } = await pair(t)
    await eventually(t, () => told.length >= 2)
    const { leader, epoch } = sessions[0]!.replica.status()
    for (const id of [1, 2]) t.true(told.some(({ replica }) => replica === id))
    for (const message of told) {
      t.is(message.leader, leader ?? 0)
      t.is(message.epoch, epoch)
      t.is(message.role, message.replica === leader ? 'leading' : 'following')
      t.true(message.start >= before - 1)
      t.true(message.start + message.durationMs <= Date.now() + 1)
    }
  },
)

test.serial('links, frames, bytes and forwarded requests are counted at both ends', async (t) => {
  const { sessions, paths } = await pair(t)
  const leader = sessions.find(({ replica }) => replica.status().role === 'leading')
  const follower = sessions.find((session) => session !== leader)
  if (leader === undefined || follower === undefined) return t.fail('one leads and one follows')
  const quorum: boolean[] = []
  leader.replica.on('quorum', (established) => quorum.push(established))
  for (let n = 0; n < 5; n++) await follower.create(`/${n}`)
  await eventually(t, () => metric(follower, 'forwardsSent') >= 6)
  await eventually(t, () => metric(leader, 'forwardsReceived') >= 6)
  await eventually(t, () => metric(leader, 'commits') === metric(follower, 'commits'))
  t.is(metric(leader, 'proposals'), metric(leader, 'commits'))
  t.is(metric(follower, 'proposals'), 0)
  for (const session of sessions) {
    t.true(metric(session, 'linksUp') >= 1)
    t.is(metric(session, 'connected'), 1)
    t.true(metric(session, 'framesIn') > 5)
    t.true(metric(session, 'framesOut') > 5)
    t.true(metric(session, 'bytesIn') > metric(session, 'framesIn'))
    t.true(metric(session, 'bytesOut') > metric(session, 'framesOut'))
  }
  const lag = leader.replica.status().peers.map(({ state }) => state)
  t.deepEqual(lag, ['upToDate', 'upToDate'])

  const stranger = createConnection(paths[leader.replica.status().id - 1] ?? '')
  t.teardown(() => stranger.destroy())
  stranger.on('error', () => undefined)
  stranger.write(Buffer.from([0, 0, 0, 4, 1, 2, 3, 4]))
  await eventually(t, () => metric(leader, 'refused.NOT_A_MEMBER') === 1)
  t.is(metric(leader, 'refused.BAD_MESSAGE'), 0)

  t.deepEqual(quorum, [])
  const downs = metric(leader, 'linksDown')
  await follower.close()
  await eventually(t, () => quorum.length > 0)
  await eventually(t, () => metric(leader, 'linksDown') === downs + 1)
  t.deepEqual(quorum, [false])
  t.deepEqual(leader.replica.status().connected, [])
  t.is(metric(leader, 'established'), 0)
})

test.serial('docs/metrics.md names every metric of a real replica, and no other', async (t) => {
  const zk = await join({ dir: directory(t), size: 1 })
  t.teardown(() => zk.close())
  const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8')
  const [, section = ''] = page.split('## `replica.metrics()`')
  const [tables = ''] = section.split('\n## ')
  const documented = [...tables.matchAll(/^\| `([\w.]+)` \|/gm)].map(([, name = '']) => name)
  const told = Object.keys(zk.replica.metrics())
  t.deepEqual(
    told.filter((name) => !documented.includes(name)),
    [],
  )
  t.deepEqual(
    documented.filter((name) => !told.includes(name)),
    [],
  )
})
