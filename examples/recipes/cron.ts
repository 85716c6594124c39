/** A job that runs in one of several processes, and in another when that one dies: node dist/examples/recipes/cron.js */
import { setTimeout as delay } from 'node:timers/promises'
import { join } from '../../lib/index.js'
import { singleton } from '../../lib/recipes/index.js'
import { Crew, dir, isWorker, say } from './crew.js'

if (isWorker) {
  const zk = await join({ dir, size: 3 })
  await singleton(zk, 'cron', async (signal, { token }) => {
    for (;;) {
      say({ runs: true, token })
      await delay(100, undefined, { signal })
    }
  })
} else {
  await Crew.run(import.meta.url, async (crew) => {
    const [first] = await crew.until(
      ({ runs }) => runs === true,
      ({ length }) => length >= 3,
    )
    console.log(`worker ${first?.worker} runs the job with token ${String(first?.token)}; kill -9`)
    const others = [...new Set(crew.facts.map(({ worker }) => worker))]
    if (others.length !== 1) throw new Error('two ran the job')
    await crew.kill(first?.worker ?? 0)
    const [next] = await crew.until(
      ({ worker }) => worker !== first?.worker,
      ({ length }) => length > 0,
    )
    console.log(`worker ${next?.worker} runs it with token ${String(next?.token)}`)
    if (Number(next?.token) <= Number(first?.token)) throw new Error('the token did not grow')
  })
}
