// `vivarium/testing` leaves nothing running, and what is not imported is not loaded.
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Child, rootPath, temporaryDirectory } from '../system/support.js'

const lib = fileURLToPath(new URL('../../lib/', import.meta.url))
const door = JSON.stringify(join(lib, 'testing/index.js'))

function start(t: ExecutionContext, source: string): Child {
  const path = join(temporaryDirectory(t), 'program.mjs')
  writeFileSync(path, `import { ensemble } from ${door}\n${source}\nconsole.log('end')\n`)
  return Child.start(t, path, [], { cwd: rootPath() })
}

test('a closed ensemble holds nothing of the process', async (t) => {
  for (const time of ['virtual', 'real']) {
    const child = start(
      t,
      `const world = await ensemble({ time: '${time}' })
       const zk = await world.join(1)
       await zk.create('/a')
       await world.kill(2)
       await world.close()
       process.stdout.write(process.getActiveResourcesInfo().filter((name) => /Timeout|Immediate|Port|Worker/.test(name)).join() + '\\n')`,
    )
    const { code, stdout, stderr } = await child.end()
    t.is(stdout, '\nend\n', stderr)
    t.is(code, 0)
  }
})

test('an ensemble that was forgotten does not keep its process alive', async (t) => {
  for (const time of ['virtual', 'real']) {
    const child = start(
      t,
      `const world = await ensemble({ time: '${time}' })
       const zk = await world.join(1)
       zk.watch('/a')
       await world.kill(2)`,
    )
    const { code, stdout, stderr } = await child.end()
    t.is(stdout, 'end\n', stderr)
    t.is(code, 0)
  }
})

test('what nobody looks at any more is no unhandled rejection when all is closed', async (t) => {
  const child = start(
    t,
    `const world = await ensemble()
     const zk = await world.join(1)
     await world.partition([1], [2], [3])
     void world.join(2)
     void zk.replica.openSession()
     void zk.create('/a')
     void world.advance(10_000)
     void world.blockMainThread(1, 10_000)
     void world.until(() => false)
     void world.expire(zk)
     await new Promise((resolve) => setTimeout(resolve, 20))
     await world.close()`,
  )
  const { code, stdout, stderr } = await child.end()
  t.is(stdout, 'end\n', stderr)
  t.is(code, 0)
})

test('a request that is not settled keeps it alive, as in production', async (t) => {
  for (const time of ['virtual', 'real']) {
    const child = start(
      t,
      `const world = await ensemble({ time: '${time}' })
       const zk = await world.join(1)
       await world.partition([1], [2], [3])
       void zk.create('/a').catch(() => undefined)`,
    )
    await child.said('end')
    await pause(500)
    t.false(child.isEnded)
  }
})

/** Everything that a file of the library imports, directly or not. */
function loadedBy(file: string, found: Set<string> = new Set()): Set<string> {
  const path = join(lib, file)
  if (found.has(file)) return found
  found.add(file)
  for (const [, from = ''] of readFileSync(path, 'utf8').matchAll(
    /(?:from|import\()\s*'([^']+)'/g,
  )) {
    if (from.startsWith('.')) loadedBy(relative(lib, join(dirname(path), from)), found)
    else found.add(from)
  }
  return found
}

test('`vivarium` loads no code for tests, and `vivarium/testing` no code of threads, disks and sockets', (t) => {
  const production = [...loadedBy('index.js')]
  t.true(production.includes('host/thread.js'))
  t.deepEqual(
    production.filter((name) => name.startsWith('testing/')),
    [],
  )
  const testing = [...loadedBy('testing/index.js')]
  t.true(testing.includes('session/view.js'))
  const native = /^(host|storage|transport)\/|better-sqlite3|node-ipc|node:(net|fs|worker_threads)/
  t.deepEqual(
    testing.filter((name) => native.test(name)),
    [],
  )
})
