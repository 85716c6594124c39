/** For the stories of these examples: workers as real processes, what they say, and their deaths. */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** One process of the crew tells the story; the others work. */
export const isWorker: boolean = process.send !== undefined

/** Of a worker: the directory that all share. */
export const dir: string = process.argv[2] ?? ''

/** Of a worker: 0, 1 or 2. */
export const number: string = process.argv[3] ?? ''

// Without anybody to tell, it ends.
if (isWorker) process.once('disconnect', () => process.exit(0))

/** Of a worker: to whoever tells the story. */
export function say(fact: Record<string, unknown>): void {
  process.send?.(fact)
}

export type Fact = Readonly<Record<string, unknown>> & { readonly worker: number }

export class Crew {
  readonly facts: Fact[] = []
  readonly #workers: ChildProcess[] = []
  readonly #listeners = new Set<() => void>()

  /** Three workers of that file, and a new directory; ends with exit code 1 if the story does not come true. */
  static async run(url: string, tell: (crew: Crew) => Promise<void>): Promise<void> {
    const crew = new Crew()
    const shared = await mkdtemp(join(tmpdir(), 'vivarium-example-'))
    try {
      for (const id of [0, 1, 2]) crew.#start(fileURLToPath(url), shared, id)
      await tell(crew)
    } finally {
      await Promise.all(crew.#workers.map((_, id) => crew.kill(id)))
      await rm(shared, { recursive: true })
    }
  }

  /** Facts that fit, once the condition holds for them. */
  until(fits: (fact: Fact) => boolean, isEnough: (facts: Fact[]) => boolean): Promise<Fact[]> {
    return new Promise((resolve) => {
      const look = (): void => {
        const facts = this.facts.filter(fits)
        if (!isEnough(facts)) return
        this.#listeners.delete(look)
        resolve(facts)
      }
      this.#listeners.add(look)
      look()
    })
  }

  /** kill -9 */
  async kill(id: number): Promise<void> {
    const worker = this.#workers[id]
    if (worker === undefined || worker.exitCode !== null || worker.signalCode !== null) return
    const gone = new Promise((resolve) => worker.once('exit', resolve))
    worker.kill('SIGKILL')
    await gone
  }

  #start(file: string, shared: string, id: number): void {
    const worker = fork(file, [shared, String(id)])
    this.#workers.push(worker)
    worker.on('message', (fact: Record<string, unknown>) => {
      this.facts.push({ ...fact, worker: id })
      for (const listener of this.#listeners) listener()
    })
  }
}
