/** Properties of queues: what is put is not lost, and not given twice. */
import { Queue } from '../../../lib/recipes/index.js'
import type { QueueItem } from '../../../lib/recipes/index.js'
import type { Session } from '../../../lib/index.js'
import type { Property, User } from './frame.js'

const PATIENCE_MS_MAX = 400

/** What came of every item. */
class Ledger {
  readonly #path: string
  #next = 0
  /** Surely in the queue at some moment. */
  readonly #put = new Set<string>()
  readonly taken = new Set<string>()
  /** Of so many nobody knows what they took. */
  unknown = 0

  constructor(path: string) {
    this.#path = path
  }

  async put(user: User, queue: Queue): Promise<void> {
    this.#next += 1
    const item = String(this.#next)
    await queue.put(item, { priority: user.dice.integer(3) })
    this.#put.add(item)
  }

  /** @param lossMax Of so many it is right that they are nowhere. */
  missing(session: Session, lossMax: number): string | undefined {
    const items = `${this.#path}/items`
    const { children } = session.getChildrenSync(items)
    const left = new Set(
      children.map((name) => String(session.getDataSync(`${items}/${name}`).data)),
    )
    const lost = [...this.#put].filter((item) => !left.has(item) && !this.taken.has(item))
    const both = [...this.taken].filter((item) => left.has(item))
    if (both.length > 0) return `${both.join(', ')} were taken and are there`
    return lost.length <= lossMax ? undefined : `${lost.length} are lost: ${lost.join(', ')}`
  }
}

const atMostOnce: Property = {
  name: 'queue-at-most-once',
  start: (trial) => {
    const ledger = new Ledger('/queue')
    const takeOne = async (user: User, queue: Queue): Promise<void> => {
      const abort = new AbortController()
      const taking = queue.take({ signal: abort.signal })
      const noted = taking.then(
        (data) => {
          const item = String(data)
          if (ledger.taken.has(item)) trial.fail(`${item} was given twice`)
          ledger.taken.add(item)
        },
        (error: unknown) => {
          if (error !== 'patience') throw error
        },
      )
      noted.catch(() => undefined)
      try {
        await user.sleep(user.dice.integer(PATIENCE_MS_MAX))
      } finally {
        abort.abort('patience')
        ledger.unknown += 1
      }
      await noted
      ledger.unknown -= 1
    }
    return {
      use: async (user) => {
        const queue = new Queue(user.session, '/queue')
        try {
          while (user.goesOn()) {
            if (user.dice.integer(2) === 0) await ledger.put(user, queue)
            else await Promise.all([takeOne(user, queue), takeOne(user, queue)])
            user.achieved += 1
            await user.sleep(user.dice.integer(60))
          }
        } finally {
          queue.close()
        }
      },
      violation: () => undefined,
      leftover: (session) => {
        return session.existsSync('/queue/items') && ledger.missing(session, ledger.unknown)
          ? ledger.missing(session, ledger.unknown)
          : undefined
      },
    }
  },
}

const atLeastOnce: Property = {
  name: 'queue-at-least-once',
  start: (trial) => {
    const ledger = new Ledger('/work')
    const held = new Set<QueueItem>()
    let unknown = 0
    const settle = async (user: User, item: QueueItem): Promise<void> => {
      if (!item.held) return
      if (user.dice.integer(4) === 0) {
        return item.requeue({ atEnd: user.dice.integer(2) === 0 })
      }
      const name = String(item.data)
      unknown += 1
      await item.done()
      unknown -= 1
      if (ledger.taken.has(name)) trial.fail(`${name} was done twice`)
      ledger.taken.add(name)
    }
    const takeOne = async (user: User, queue: Queue): Promise<void> => {
      const abort = new AbortController()
      const taking = queue.takeLocked({ signal: abort.signal })
      taking.catch(() => undefined)
      await user.sleep(user.dice.integer(PATIENCE_MS_MAX)).finally(() => abort.abort('patience'))
      const item = await taking.catch((error: unknown) => {
        if (error !== 'patience') throw error
      })
      if (item === undefined) return
      held.add(item)
      try {
        await user.sleep(user.dice.integer(5) === 0 ? 2000 : 20)
        await settle(user, item)
      } finally {
        held.delete(item)
      }
    }
    return {
      use: async (user) => {
        const queue = new Queue(user.session, '/work')
        try {
          while (user.goesOn()) {
            if (user.dice.integer(2) === 0) await ledger.put(user, queue)
            else await takeOne(user, queue)
            user.achieved += 1
            await user.sleep(user.dice.integer(60))
          }
        } finally {
          queue.close()
        }
      },
      violation: () => {
        const names = [...held].filter((item) => item.held).map(({ data }) => String(data))
        if (new Set(names).size === names.length) return undefined
        return `held twice: ${names.join(', ')}`
      },
      leftover: (session) => {
        if (session.existsSync('/work/items') === null) return undefined
        const locks = session.existsSync('/work/locks') && session.getChildrenSync('/work/locks')
        if (locks?.children.length) return `locks ${locks.children.join(', ')}`
        return ledger.missing(session, unknown)
      },
    }
  },
}

export const QUEUE_PROPERTIES: readonly Property[] = [atMostOnce, atLeastOnce]
