/**
 * Keys that are shared out among the processes that are there: each key has one owner, and another when that one dies.
 *
 *     node dist/examples/recipes/shards.js
 *
 * Who should own a key follows from who is there (rendezvous hashing: a death moves only the keys of the dead). That two
 * do not own it while they still see different members is for a lock per key to say.
 */
import { createHash } from 'node:crypto'
import { join } from '../../lib/index.js'
import type { Session } from '../../lib/index.js'
import { GroupMembership, Lock } from '../../lib/recipes/index.js'
import type { LockHandle } from '../../lib/recipes/index.js'
import { Crew, dir, isWorker, number, say } from './crew.js'

const KEYS = Array.from({ length: 24 }, (_, index) => `key-${index}`)

function ownerOf(key: string, members: readonly string[]): string | undefined {
  const weight = (member: string): string =>
    createHash('sha256').update(`${key} ${member}`).digest('hex')
  return members.toSorted((left, right) => (weight(left) < weight(right) ? -1 : 1))[0]
}

class Shards {
  readonly #zk: Session
  readonly #group: GroupMembership
  readonly #name: string
  /** Keys that this process wants, and what ends the wanting. */
  readonly #wanted = new Map<string, AbortController>()

  constructor(zk: Session, name: string) {
    this.#zk = zk
    this.#name = name
    this.#group = new GroupMembership(zk, '/shards/members')
  }

  async run(): Promise<void> {
    this.#group.on('join', () => this.#balance())
    this.#group.on('leave', () => this.#balance())
    await this.#group.join({}, { name: this.#name })
    this.#balance()
  }

  #balance(): void {
    const members = [...this.#group.members.keys()]
    for (const key of KEYS) {
      const isMine = ownerOf(key, members) === this.#name
      const wanting = this.#wanted.get(key)
      if (isMine && wanting === undefined) this.#want(key)
      if (isMine || wanting === undefined) continue
      this.#wanted.delete(key)
      wanting.abort()
    }
  }

  #want(key: string): void {
    const wanting = new AbortController()
    this.#wanted.set(key, wanting)
    const { signal } = wanting
    new Lock(this.#zk, `/shards/keys/${key}`)
      .with((lock) => this.#own(key, lock, signal), { signal })
      .catch((error: unknown) => {
        if (!signal.aborted) throw error
      })
  }

  /** Until it is another's turn, or the session is lost. What is done for the key carries `lock.token`. */
  async #own(key: string, lock: LockHandle, signal: AbortSignal): Promise<void> {
    say({ owns: key, token: lock.token })
    await new Promise((resolve) => {
      AbortSignal.any([signal, lock.lost]).addEventListener('abort', resolve)
    })
  }
}

if (isWorker) {
  await new Shards(await join({ dir, size: 3 }), `worker-${number}`).run()
} else {
  await Crew.run(import.meta.url, async (crew) => {
    const owners = (): Map<unknown, number> =>
      new Map(crew.facts.map(({ owns, worker }) => [owns, worker]))
    const shares = (): number[] =>
      [0, 1, 2].map((id) => [...owners().values()].filter((worker) => worker === id).length)
    const names = ['worker-0', 'worker-1', 'worker-2']
    const isBalanced = (alive: readonly string[]) => (): boolean => {
      return KEYS.every((key) => `worker-${owners().get(key)}` === ownerOf(key, alive))
    }
    await crew.until(() => true, isBalanced(names))
    console.log(
      `${KEYS.length} keys, owned by the workers ${shares().join(', ')}; worker 1 is killed`,
    )
    await crew.kill(1)
    await crew.until(() => true, isBalanced(['worker-0', 'worker-2']))
    console.log(`its keys have passed on: ${shares().join(', ')}`)
    if (shares()[1] !== 0) throw new Error('a dead worker owns keys')
  })
}
