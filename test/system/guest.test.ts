/** A good guest: the library leaves the process to its owner, at its end above all (P10). */
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { Remote, agreed, ensemble, sorted } from './remote.js'
import { Child, eventually, programPath, temporaryDirectory } from './support.js'
import type { Ended, StartOptions } from './support.js'

const ROUNDS = Number(process.env['VIVARIUM_EXIT_ROUNDS'] ?? 6)

function start(
  t: ExecutionContext,
  what: string,
  { dir = temporaryDirectory(t), extra = '', ...options }: GuestOptions = {},
): Child {
  return Child.start(t, programPath('guest-program.js'), [what, dir, extra], options)
}

interface GuestOptions extends StartOptions {
  readonly dir?: string
  readonly extra?: string
}

function linesOf({ stdout }: Ended): string[] {
  return stdout.split('\n').slice(0, -1)
}

test('a process that closed its replica holds nothing any more and ends by itself', async (t) => {
  const ended = await start(t, 'close').end()
  t.deepEqual(linesOf(ended), ['true', 'resources: ', 'closed', 'closed'])
  t.is(ended.code, 0)
  t.is(ended.stderr, '')
})

test('`await using` closes the replica at the end of its block', async (t) => {
  const ended = await start(t, 'await-using').end()
  t.deepEqual(linesOf(ended), ['connected', 'disposed'])
  t.is(ended.code, 0)
})

test('an import starts nothing: no thread, no socket, no addon, no listener', async (t) => {
  const ended = await Child.start(t, programPath('import-program.js'), []).end()
  t.deepEqual(linesOf(ended), [
    '["function",["create","delete","setData","check","getData","getChildren"]]',
    '"nothing"',
    '[]',
  ])
  t.is(ended.code, 0)
})

/** The same end again and again, at another moment each time, in the same directory. */
async function repeat(
  t: ExecutionContext,
  what: string,
  check: (ended: Ended) => void,
): Promise<void> {
  const dir = temporaryDirectory(t)
  for (let round = 0; round < ROUNDS; round += 1) {
    const ended = await start(t, what, { dir, extra: String(1 + round * 17) }).end()
    check(ended)
    t.is(ended.signal, null, ended.stderr)
  }
}

for (const what of ['exit', 'exit-writing', 'exit-opening', 'exit-closing']) {
  test(`process.exit(7) ends with 7, whatever the replica is doing: ${what}`, async (t) => {
    await repeat(t, what, ({ code, stderr }) => {
      t.is(code, 7, stderr)
      t.is(stderr, '')
    })
  })
}

for (const what of ['uncaught', 'uncaught-writing']) {
  test(`an uncaught exception ends as it does without a replica: ${what}`, async (t) => {
    await repeat(t, what, ({ code, stderr }) => {
      t.is(code, 1)
      t.regex(stderr, /Error: of the application/)
    })
  })
}

test('SIGTERM ends a process that does not handle it, and what was answered is there', async (t) => {
  const dir = temporaryDirectory(t)
  const child = start(t, 'stay', { dir })
  await child.said('open')
  child.process.kill('SIGTERM')
  t.is((await child.end()).signal, 'SIGTERM')
  t.deepEqual(linesOf(await start(t, 'await-using', { dir }).end()), ['connected', 'disposed'])
})

test('a process that closes its replica on SIGTERM ends by itself, with 0', async (t) => {
  const child = start(t, 'stay-graceful')
  await child.said('open')
  child.process.kill('SIGTERM')
  const ended = await child.end()
  t.is(ended.code, 0)
  t.deepEqual(linesOf(ended), ['open', 'resources: '])
})

test('a join that cannot form says whom it waits for, can be given up, and leaves nothing behind', async (t) => {
  const ended = await start(t, 'abort').end(30_000)
  const [warning, ...rest] = linesOf(ended)
  t.regex(warning ?? '', /^VivariumWarning: the replica in .* waits for .*2.*3/)
  t.deepEqual(rest, ['true', 'resources: '])
  t.is(ended.code, 0)
})

test('what a listener throws is an uncaught exception of the application, and the replica goes on', async (t) => {
  const ended = await start(t, 'listener').end()
  t.is(ended.code, 0, ended.stderr)
  t.deepEqual(linesOf(ended).toSorted(), [
    '1,2',
    '2',
    'closed',
    'uncaught: a state closed',
    'uncaught: a watch of /a',
    'uncaught: a watch of /a',
  ])
})

test('NODE_OPTIONS and flags of the application do not reach the thread of the replica', async (t) => {
  const dir = temporaryDirectory(t)
  const preload = join(dir, 'preload.cjs')
  writeFileSync(preload, "console.log(require('node:worker_threads').isMainThread)")
  const env = { NODE_OPTIONS: `--require ${preload}` }
  const execArgv = ['--conditions=development', '--expose-gc']
  const ended = await start(t, 'options', { dir: join(dir, 'data'), env, execArgv }).end()
  t.is(ended.code, 0, ended.stderr)
  t.deepEqual(linesOf(ended), ['true', 'connected'])
})

test('a second replica on a directory that is open in this process is refused, by whatever name', async (t) => {
  const dir = temporaryDirectory(t)
  const link = join(temporaryDirectory(t), 'link')
  symlinkSync(dir, link)
  const ended = await start(t, 'second-in-process', { dir, extra: link }).end()
  t.deepEqual(linesOf(ended), ['SLOT_TAKEN', 'SLOT_TAKEN', 'SLOT_TAKEN', 'connected'])
  t.is(ended.code, 0)
})

test('replicas in node:cluster workers do without their primary, and end with 0', async (t) => {
  const dir = temporaryDirectory(t)
  const ended = await Child.start(t, programPath('cluster-program.js'), [dir]).end(30_000)
  t.is(ended.code, 0, ended.stderr)
  t.deepEqual(linesOf(ended).toSorted(), ['exit 0', 'exit 0', 'exit 0', 'fast', 'fast', 'fast'])
})

test('the ephemerals of a replica that closes vanish at once, those of a killed process soon', async (t) => {
  const dir = temporaryDirectory(t)
  const remotes = await ensemble(t, dir, { timeout: 60_000 })
  const [leader, first, second] = await sorted(remotes)
  await first!.call('create', '/closed', '', { ephemeral: true })
  await second!.call('create', '/killed', '', { ephemeral: true })
  await leader.call('sync')
  t.deepEqual((await leader.call('children', '/')).toSorted(), ['closed', 'killed', 'zookeeper'])

  t.is(await first!.close(), 0)
  await leader.call('sync')
  t.deepEqual((await leader.call('children', '/')).toSorted(), ['killed', 'zookeeper'])
  // A quorum is needed to take note of a death.
  const back = await Remote.join(t, { dir, size: 3 })
  const start = performance.now()
  await second!.kill()
  await eventually('the ephemeral is gone', async () => {
    return !(await leader.call('children', '/')).includes('killed')
  })
  t.log(`${(performance.now() - start).toFixed(0)} ms after kill -9`)
  await agreed([leader, back])
})

test('replicas that all close together each end within the timeout, and by themselves', async (t) => {
  const remotes = await ensemble(t, temporaryDirectory(t))
  await Promise.all(remotes.map((remote) => remote.call('create', `/${remote.id}`, '')))
  const reports = await Promise.all(remotes.map((remote) => remote.call('close', 1500)))
  for (const { ms } of reports) t.true(ms < 2500, `${ms} ms`)
  t.deepEqual(await Promise.all(remotes.map((remote) => remote.release())), [0, 0, 0])
})
