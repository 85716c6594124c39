/** Sessions of real replicas: several of them, without a quorum, and on a disk that is full. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { listed } from './listed.js'
import { Remote, RemoteError, agreed, ensemble, sorted } from './remote.js'
import { eventually, pause, temporaryDirectory } from './support.js'

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'RESOLVED',
    (error: unknown) => (error instanceof RemoteError ? error.code : String(error)),
  )
}

async function statesOf(remote: Remote, number = 0): Promise<string[]> {
  const seen = await remote.call('states')
  return seen.filter(({ session }) => session === number).map(({ state }) => state)
}

test('sessions of one replica live and end each for itself, and all with the first', async (t) => {
  const remotes = await ensemble(t, temporaryDirectory(t))
  const [remote, , other] = await sorted(remotes)
  const second = await remote.call('openSession', 5000)
  const third = await remote.call('openSession', 1)
  t.deepEqual([second.timeout, third.timeout], [5000, 500])
  t.is(new Set([second.session, third.session]).size, 2)
  for (const number of [0, 1, 2]) {
    await remote.call('create', `/${number}`, '', { ephemeral: true }, number)
  }
  await remote.call('closeSession', 1)
  await other!.call('sync')
  t.deepEqual((await other!.call('children', '/')).toSorted(), ['0', '2', 'zookeeper'])
  t.is(await codeOf(remote.call('create', '/x', '', {}, 1)), 'SESSION_CLOSED')
  await pause(1000)
  t.deepEqual(await remote.call('state', 2), { state: 'connected', alive: true })

  await remote.call('close')
  t.deepEqual(await remote.call('state', 2), { state: 'closed', alive: false })
  await other!.call('sync')
  t.deepEqual(await other!.call('children', '/'), ['zookeeper'])
  t.is(await remote.release(), 0)
})

test('without a quorum a session is suspended, answers from memory and lets writes wait, until there is one again', async (t) => {
  const dir = temporaryDirectory(t)
  const remotes = await ensemble(t, dir)
  const [leader, first, second] = await sorted(remotes)
  await leader.call('create', '/a', 'before')
  await agreed(remotes)
  await Promise.all([first!.kill(), second!.kill()])
  await eventually('it is suspended', async () => {
    return (await leader.call('state')).state === 'suspended'
  })
  t.is(await leader.call('data', '/a'), 'before')
  const waiting = leader.call('setData', '/a', 'after')
  t.is((await leader.call('status')).leader, undefined)

  await Remote.join(t, { dir, size: 3 })
  await waiting
  t.is(await leader.call('data', '/a'), 'after')
  t.deepEqual(await statesOf(leader), ['connected', 'suspended', 'connected'])
})

test('while nobody leads, a join with readOnly answers from the disk, and becomes a session later', async (t) => {
  const dir = temporaryDirectory(t)
  const remotes = await ensemble(t, dir)
  await remotes[0]!.call('create', '/a', 'kept')
  await agreed(remotes)
  await Promise.all(remotes.map((remote) => remote.close()))
  const alone = Remote.start(t)
  await alone.join({ dir, size: 3, readOnly: true })
  t.is((await alone.call('states'))[0]?.state, 'suspended')
  t.is((await alone.call('status')).leader, undefined)
  // Nothing on the disk says that the end of its log was committed.
  await Remote.join(t, { dir, size: 3 })
  await eventually('it is connected', async () => (await alone.call('state')).state === 'connected')
  t.is(await alone.call('data', '/a'), 'kept')
})

/** A small disk of its own, where the system allows one. */
function smallDisk(t: ExecutionContext, megabytes: number): string | undefined {
  const dir = temporaryDirectory(t)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', dir], {
      stdio: 'ignore',
    })
  } catch {
    return undefined
  }
  t.teardown(() => execFileSync('umount', ['-l', dir]))
  return dir
}

test('a replica whose disk is full fails for good and says so, its process lives, and the others go on', async (t) => {
  const disk = smallDisk(t, 12)
  if (disk === undefined) {
    t.log('no small disk can be mounted here: a full disk is not shown')
    t.pass()
    return
  }
  const dir = temporaryDirectory(t)
  const where = (id: number) => ({
    ...listed(dir, id),
    ...(id === 1 ? { dir: join(disk, '1') } : {}),
  })
  mkdirSync(join(disk, '1'))
  const remotes = await Promise.all([1, 2, 3].map((id) => Remote.join(t, where(id))))
  const [full, second, third] = remotes
  await second!.call('create', '/a', '')
  await second!.call('createMany', '/a', 0, 100, 100)
  await agreed(remotes)
  writeFileSync(join(disk, 'ballast'), Buffer.alloc(11 * 2 ** 20))

  await second!.call('setMany', '/a', 200, 10_000)
  await eventually('it has failed', async () => (await full!.call('state')).state === 'failed')
  const failures = (await full!.call('states')).slice(-1)
  t.is(failures[0]?.code, 'REPLICA_FAILED')
  t.is(await codeOf(full!.call('setData', '/a', '')), 'REPLICA_FAILED')
  const { error } = await full!.call('status')
  t.regex(String(error), /full|ENOSPC/i)
  await second!.call('setData', '/a', 'by two')

  t.is(await full!.close(), 0)
  rmSync(join(disk, 'ballast'))
  const back = await Remote.join(t, where(1))
  await back.call('sync')
  t.is(await back.call('data', '/a'), 'by two')
  await agreed([second!, third!, back])
})

test('without a quorum a replica with several sessions closes within one timeout', async (t) => {
  const remotes = await ensemble(t, temporaryDirectory(t))
  const [leader, first, second] = await sorted(remotes)
  for (let number = 1; number <= 3; number += 1) await leader.call('openSession', 10_000)
  await Promise.all([first!.kill(), second!.kill()])
  await eventually('it is suspended', async () => {
    return (await leader.call('state')).state === 'suspended'
  })
  const { ms } = await leader.call('close', 1000)
  t.true(ms >= 1000 && ms < 1900, `${ms} ms`)
  t.is(await leader.release(), 0)
})
