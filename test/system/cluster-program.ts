/** A node:cluster application: each worker is a replica; the primary only starts them, and may be blocked. */
import cluster from 'node:cluster'
import { join } from '../../lib/index.js'

const [dir = ''] = process.argv.slice(2)

function busy(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

async function work(): Promise<void> {
  const zk = await join({ dir, size: 3 })
  process.send?.('joined')
  process.on('message', (order: 'write' | 'close') => {
    void (order === 'write' ? write() : close())
  })

  async function write(): Promise<void> {
    const start = performance.now()
    for (let index = 0; index < 20; index += 1) await zk.create('/a-', '', { sequential: true })
    process.send?.(performance.now() - start)
  }

  async function close(): Promise<void> {
    await zk.close()
    process.disconnect()
  }
}

/** Orders the next thing once all three have said that the last is done. */
function lead(): void {
  const workers = [1, 2, 3].map(() => cluster.fork())
  const said: unknown[] = []
  const onMessage = (message: unknown): void => {
    said.push(message)
    if (typeof message === 'number') console.log(message < 2500 ? 'fast' : `slow: ${message}`)
    if (said.length % workers.length > 0) return
    const isFirst = said.length === workers.length
    for (const worker of workers) worker.send(isFirst ? 'write' : 'close')
    if (isFirst) setTimeout(() => busy(3000), 1)
  }
  for (const worker of workers) {
    worker.on('message', onMessage)
    worker.on('exit', (code, signal) => console.log(`exit ${code ?? signal}`))
  }
}

if (cluster.isPrimary) lead()
else await work()
