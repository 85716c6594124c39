/** A thread of the simulator: runs the tasks that it is sent, one at a time. It ends with the process that started it. */
import { parentPort } from 'node:worker_threads'
import { Trace } from '../../lib/testing/trace.js'
import { drawOptions } from './options.js'
import { failure, reportOf } from './report.js'
import type { Report, Task } from './report.js'
import { simulate } from './simulation.js'

let current = 0

async function run({ seed, options = drawOptions(seed), twice }: Task): Promise<Report> {
  const start = performance.now()
  const outcome = await simulate(seed, new Trace(), options)
  const report = reportOf(outcome, performance.now() - start)
  if (!twice || report.violation !== undefined) return report
  const again = await simulate(seed, new Trace(), options)
  if (again.hash === outcome.hash && again.events === outcome.events) return report
  return failure(seed, `replay: ${outcome.hash}, and the second time ${again.hash}`)
}

/** Thrown where nobody waits for it: the run is over, and so is this thread. */
function onCrash(error: unknown): void {
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
  parentPort?.postMessage(failure(current, `outside: ${reason}`))
}

process.on('uncaughtException', onCrash)
process.on('unhandledRejection', onCrash)
parentPort?.on('message', (task: Task) => {
  current = task.seed
  void run(task).then((report) => parentPort?.postMessage(report))
})
