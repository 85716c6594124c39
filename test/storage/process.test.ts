/** Storage among real processes: killed, starved of disk, competing for a slot. */
import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { Random } from '../../lib/base/random.js'
import { claimPath } from '../../lib/storage/path-registry.js'
import { StorageError } from '../../lib/storage/storage-error.js'
import { entriesOf, sqliteIn, temporaryDirectory, zxids, zxidsOf } from './support.js'

const CHILD = fileURLToPath(new URL('child.js', import.meta.url))
const KILLS = 20

test('whatever was acknowledged before a kill -9 is there afterwards', async (t) => {
  const directory = temporaryDirectory(t)
  const random = new Random(9)
  let acknowledged = 0
  for (let kill = 0; kill < KILLS; kill++) {
    const child = start(t, 'write', directory)
    const lines = linesOf(child)
    const opened = await lines.next()
    t.like(opened.value, { damage: undefined })
    t.true((opened.value as { last: number }).last >= acknowledged)
    setTimeout(() => child.kill('SIGKILL'), random.integer(60))
    for await (const line of lines) acknowledged = (line as { last: number }).last
  }
  const storage = sqliteIn(directory)
  const recovered = storage.open()
  storage.close()
  t.is(recovered.damage, undefined)
  t.is(recovered.incarnation, KILLS + 1)
  t.log(`${KILLS} kills, ${acknowledged} entries acknowledged, ${recovered.entries.length} found`)
  t.true(acknowledged > KILLS)
  t.true(recovered.entries.length >= acknowledged)
  t.deepEqual(recovered.entries, entriesOf(1, 1, recovered.entries.length, 500))
})

test('a full disk ends all writing, and what was acknowledged before is there', (t) => {
  const directory = temporaryDirectory(t)
  // The limit on the size of files stands for the disk's; its signal is ignored, so that the write fails.
  const command = `trap '' XFSZ; ulimit -f 1000; exec "$0" "$1" fill "$2"`
  const args = ['-c', command, process.execPath, CHILD, directory]
  const { stdout, status } = spawnSync('bash', args, { encoding: 'utf8' })
  t.is(status, 0)
  const { code, last, latched } = JSON.parse(stdout) as Record<string, unknown>
  t.is(code, 'STORAGE')
  t.true(latched)
  t.true(Number(last) > 10)

  const storage = sqliteIn(directory)
  const recovered = storage.open()
  storage.close()
  t.is(recovered.damage, undefined)
  t.deepEqual(zxidsOf(recovered).slice(0, Number(last)), zxids(1, 1, Number(last)))
})

test('a slot is refused while its owner lives, also after the owner has read its own files', async (t) => {
  const directory = temporaryDirectory(t)
  const owner = start(t, 'hold', directory)
  t.is((await linesOf(owner).next()).value, 'open')
  t.is(attempt(directory), 'SLOT_TAKEN')
  owner.kill('SIGKILL')
  await once(owner, 'exit')
  t.is(attempt(directory), 'OPEN')
})

test('a path is claimed once in a process, until it is released', (t) => {
  const path = temporaryDirectory(t)
  const release = claimPath(path)
  t.throws(() => claimPath(path), { instanceOf: StorageError, code: 'SLOT_TAKEN' })
  release()
  claimPath(path)()
})

function start(t: ExecutionContext, what: string, directory: string): ChildProcess {
  const child = spawn(process.execPath, [CHILD, what, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

function attempt(directory: string): unknown {
  const { stdout } = spawnSync(process.execPath, [CHILD, 'attempt', directory], {
    encoding: 'utf8',
  })
  return JSON.parse(stdout)
}

/** Whole lines only: the last one may have been cut off by the kill. */
async function* linesOf(child: ChildProcess): AsyncGenerator<unknown> {
  let rest = ''
  for await (const chunk of child.stdout ?? []) {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) yield JSON.parse(line)
  }
}
