import cluster from 'node:cluster'
import { once } from 'node:events'
import { join } from 'node:path'
import test from 'ava'
import { freePort, temporaryDirectory } from './support.js'

test('a worker of node:cluster listens by itself, not through the primary', async (t) => {
  const directory = temporaryDirectory()
  const exec = join(import.meta.dirname, 'cluster-worker.js')
  const addresses: readonly [string, string][] = [
    [`tcp://127.0.0.1:${await freePort()}`, 'ADDRESS_IN_USE'],
    [`unix:${join(directory.path, '1.sock')}`, 'SLOT_TAKEN'],
  ]
  for (const [address, code] of addresses) {
    cluster.setupPrimary({ exec, args: [address], execArgv: [] })
    // Through the primary, both would get the same listener.
    const workers = []
    for (const outcome of ['started', code]) {
      const worker = cluster.fork()
      workers.push(worker)
      const [message] = (await once(worker, 'message')) as [unknown]
      t.is(message, outcome)
    }
    for (const worker of workers) {
      const exited = once(worker, 'exit')
      worker.process.kill('SIGKILL')
      await exited
    }
  }
  directory.remove()
})
