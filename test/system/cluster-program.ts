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
  process.on('message', () => {
    void finish()
  })

  async function finish(): Promise<void> {
    const start = performance.now()
    for (let index = 0; index < 20; index += 1) await zk.create('/a-', '', { sequential: true })
    process.send?.(performance.now() - start)
    await zk.close()
    process.disconnect()
  }
}

function lead(): void {
  const workers = [1, 2, 3].map(() => cluster.fork())
  let joined = 0
  for (const worker of workers) {
    worker.on('message', (message: unknown) => {
      if (typeof message === 'number') console.log(message < 2000 ? 'fast' : `slow: ${message}`)
      if (message !== 'joined') return
      joined += 1
      if (joined < workers.length) return
      for (const each of workers) each.send('go')
      setTimeout(() => busy(3000), 1)
    })
    worker.on('exit', (code, signal) => console.log(`exit ${code ?? signal}`))
  }
}

if (cluster.isPrimary) lead()
else await work()
