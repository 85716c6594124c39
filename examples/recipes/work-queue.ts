/** Jobs that are done at least once, whoever dies: node dist/examples/recipes/work-queue.js */
import { setTimeout as delay } from 'node:timers/promises'
import { join } from '../../lib/index.js'
import { Queue } from '../../lib/recipes/index.js'
import { Crew, dir, isWorker, number, say } from './crew.js'

const JOBS = 60

if (isWorker) {
  const zk = await join({ dir, size: 3 })
  const queue = new Queue(zk, '/jobs')
  if (number === '0') for (let job = 0; job < JOBS; job += 1) await queue.put(String(job))
  await queue.consume(async (data, { token }) => {
    say({ begins: String(data), token })
    await delay(20)
    say({ did: String(data) })
  })
} else {
  await Crew.run(import.meta.url, async (crew) => {
    await crew.until(
      ({ begins }) => begins !== undefined,
      ({ length }) => length >= 15,
    )
    const victim = crew.facts.at(-1)?.worker ?? 0
    console.log(`worker ${victim} is killed in the midst of a job`)
    // Not the one that still fills the queue: it begins when it has filled it.
    await crew.kill(victim)
    const did = await crew.until(
      ({ did }) => did !== undefined,
      (facts) => new Set(facts.map(({ did }) => did)).size === JOBS,
    )
    const shares = [0, 1, 2].map((id) => did.filter(({ worker }) => worker === id).length)
    console.log(`all ${JOBS} jobs are done, by the workers ${shares.join(', ')}`)
  })
}
