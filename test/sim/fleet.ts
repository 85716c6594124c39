/**
 * Many runs on all cores: a few threads, each with one run at a time. Threads, not processes: nothing is left behind when
 * this process is killed. A thread that gives no answer is ended, and another takes its place.
 */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { failure } from './report.js'
import type { Report, Task } from './report.js'

/** Real ms after which a run that gives no answer is taken for one that never will. */
const RUN_MS_MAX = 180_000

export class Fleet {
  readonly size: number
  readonly #runMsMax: number
  readonly #idle: Worker[] = []
  readonly #busy = new Set<Worker>()

  constructor(size: number = availableParallelism(), runMsMax: number = RUN_MS_MAX) {
    this.size = size
    this.#runMsMax = runMsMax
  }

  /** Everything that `take` gives, as many at once as there are threads; `add` gets the reports as they come. */
  async runAll(
    take: () => Task | undefined,
    add: (report: Report, task: Task) => void,
  ): Promise<void> {
    const lanes = Array.from({ length: this.size }, async () => {
      for (let task = take(); task !== undefined; task = take()) add(await this.run(task), task)
    })
    await Promise.all(lanes)
  }

  /** Never rejects: a run that hangs or dies has a report that says so. */
  async run(task: Task): Promise<Report> {
    const worker = this.#idle.pop() ?? new Worker(new URL('worker.js', import.meta.url))
    this.#busy.add(worker)
    const report = await this.#answer(worker, task)
    this.#busy.delete(worker)
    // What a run leaves behind may still fail when the next one is under way: that one gets a thread of its own.
    if (report.isOver) void worker.terminate()
    else this.#idle.push(worker)
    return report
  }

  close(): void {
    for (const worker of [...this.#idle, ...this.#busy]) void worker.terminate()
    this.#idle.length = 0
  }

  #answer(worker: Worker, task: Task): Promise<Report> {
    return new Promise((resolve) => {
      const settle = (report: Report): void => {
        clearTimeout(timer)
        for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event)
        // A thread that is ended anyway may fail once more.
        worker.on('error', () => undefined)
        resolve(report)
      }
      const timer = setTimeout(() => {
        settle(failure(task.seed, `hang: no answer within ${this.#runMsMax / 1000} s`))
      }, this.#runMsMax)
      worker.once('message', settle)
      worker.once('error', (error: Error) => {
        settle(failure(task.seed, `outside: ${error.stack ?? error.message}`))
      })
      worker.once('exit', () => settle(failure(task.seed, 'hang: the thread has ended')))
      worker.postMessage(task)
    })
  }
}
