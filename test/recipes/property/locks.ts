/**
 * Properties of everything that is acquired and released: who holds together with whom, in which order tokens grow, that
 * everybody gets its turn, and that nothing is left.
 */
import {
  LeaderElection,
  Lock,
  ReadWriteLock,
  Semaphore,
  SimpleLock,
  singleton,
} from '../../../lib/recipes/index.js'
import type { Leadership, Lockable, LockHandle } from '../../../lib/recipes/index.js'
import type { Session } from '../../../lib/index.js'
import type { Property, Subject, Trial, User } from './frame.js'

type Role = 'exclusive' | 'shared'

interface Holding {
  readonly role: Role
  readonly process: number
  readonly handle: LockHandle
}

/** Longest time that one keeps it: longer than a session's timeout, at times. */
const KEEP_MS_MAX = 2500
const PATIENCE_MS_MAX = 1500

/** Everything that is held, or was, and who may hold together. */
class Holders {
  readonly #trial: Trial
  readonly #together: number
  /** Ask what the owner would read, also of those who stand still; else what it has been told. */
  readonly #asks: boolean
  readonly #holdings = new Set<Holding>()
  #newestExclusive = 0
  #newestShared = 0

  /** @param together How many may have it at a time, beside those who share. */
  constructor(trial: Trial, together = 1) {
    this.#trial = trial
    this.#together = together
    this.#asks = trial.dice.integer(2) === 0
  }

  /** @param isNewest Tokens of this kind come in their order. */
  add(holding: Holding, isNewest = true): void {
    const { role, handle } = holding
    this.#holdings.add(holding)
    const before = Math.max(this.#newestExclusive, role === 'exclusive' ? this.#newestShared : 0)
    if (isNewest && handle.token <= before && this.#together === 1) {
      this.#trial.fail(`fence: token ${handle.token} came after ${before}`)
    }
    if (role === 'exclusive') this.#newestExclusive = Math.max(before, handle.token)
    else this.#newestShared = Math.max(this.#newestShared, handle.token)
  }

  remove(holding: Holding): void {
    this.#holdings.delete(holding)
  }

  /** It must read as not held from the call on; a release tells nobody that it is lost. */
  async release(holding: Holding): Promise<void> {
    if (!this.#asks) this.remove(holding)
    try {
      await holding.handle.release()
    } finally {
      this.remove(holding)
    }
  }

  /** Whoever has nothing and waits for nothing has no watch; the other session of its process may. */
  checkWatches({ session, isOver }: User): void {
    const { watches, id, ownSessions } = session.replica.status()
    if (isOver || watches <= (ownSessions - 1) * this.#together) return
    this.#trial.fail(`process ${id} has ${watches} watches`)
  }

  violation(): string | undefined {
    const held = [...this.#holdings].filter((holding) => this.#isHeld(holding))
    if (held.length <= 1) return undefined
    const exclusive = held.filter(({ role }) => role === 'exclusive').length
    const isRight = exclusive === 0 || (held.length === exclusive && exclusive <= this.#together)
    const tokens = held.map(({ process, role, handle }) => `${role} ${handle.token} in ${process}`)
    return isRight ? undefined : `held at one instant: ${tokens.join(', ')}`
  }

  #isHeld({ handle, process }: Holding): boolean {
    if (this.#asks) return handle.held
    // Who stands still does nothing by it, and is told when it goes on.
    return !handle.lost.aborted && this.#trial.isAwake(process)
  }
}

function lockProperty(
  name: string,
  path: string,
  make: (session: Session) => Lockable,
  { together = 1, isUnfair = false }: { together?: number; isUnfair?: boolean } = {},
): Property {
  return {
    name,
    start: (trial): Subject => {
      const holders = new Holders(trial, together)
      return {
        use: async (user) => {
          const lock = make(user.session)
          while (user.goesOn()) await useOnce(user, lock, 'exclusive', holders)
        },
        violation: () => holders.violation(),
        isUnfair,
        leftover: (session) => contendersLeft(session, path),
      }
    },
  }
}

/** Acquires in one way or another, keeps it for a while, gives it back: or not, when it was lost. */
async function useOnce(user: User, lock: Lockable, role: Role, holders: Holders): Promise<void> {
  const { dice } = user
  const kind = dice.integer(5)
  const keepMs = dice.integer(4) === 0 ? dice.integer(KEEP_MS_MAX) : dice.integer(60)
  const hold = (handle: LockHandle): Promise<void> => {
    return keep(user, { role, process: user.process, handle }, keepMs, holders)
  }
  if (kind === 0) {
    const handle = await lock.tryAcquire()
    if (handle !== undefined) await hold(handle)
  } else if (kind === 1) {
    await lock.with(hold)
  } else if (kind === 2) {
    await holdOrGiveUp(user, lock, hold)
  } else {
    await hold(await lock.acquire())
  }
  holders.checkWatches(user)
  await user.sleep(dice.integer(100))
}

async function holdOrGiveUp(
  user: User,
  lock: Lockable,
  hold: (handle: LockHandle) => Promise<void>,
): Promise<void> {
  const abort = new AbortController()
  const holding = lock.acquire({ signal: abort.signal }).then(hold)
  // Marked as handled: the sleep may reject first.
  holding.catch(() => undefined)
  await user.sleep(user.dice.integer(PATIENCE_MS_MAX) * user.dice.integer(2))
  abort.abort('patience')
  await holding.catch((reason: unknown) => {
    if (reason !== 'patience') throw reason
  })
}

async function keep(
  user: User,
  holding: Holding,
  keepMs: number,
  holders: Holders,
  isNewest = true,
): Promise<void> {
  holders.add(holding, isNewest)
  user.achieved += 1
  try {
    await user.sleep(keepMs)
  } finally {
    await holders.release(holding)
  }
}

function contendersLeft(session: Session, path: string): string | undefined {
  if (session.existsSync(path) === null) return undefined
  const { children } = session.getChildrenSync(path)
  return children.length === 0 ? undefined : `${children.join(', ')} in ${path}`
}

const readWriteLock: Property = {
  name: 'read-write-lock',
  start: (trial) => {
    const holders = new Holders(trial)
    return {
      use: async (user) => {
        const lock = new ReadWriteLock(user.session, '/read-write')
        while (user.goesOn()) {
          const kind = user.dice.integer(6)
          if (kind < 3) await useOnce(user, lock.read, 'shared', holders)
          else if (kind < 5) await useOnce(user, lock.write, 'exclusive', holders)
          else await downgradeOnce(user, lock, holders)
        }
      },
      violation: () => holders.violation(),
      leftover: (session) => contendersLeft(session, '/read-write'),
    }
  },
}

async function downgradeOnce(user: User, lock: ReadWriteLock, holders: Holders): Promise<void> {
  const { process, dice } = user
  const handle = await lock.write.acquire()
  const holding = { role: 'exclusive', process, handle } as const
  holders.add(holding)
  try {
    await user.sleep(dice.integer(50))
  } catch (error) {
    holders.remove(holding)
    throw error
  }
  const wasHeld = handle.held
  holders.remove(holding)
  const reader = await handle.downgrade().catch((error: unknown) => {
    if (wasHeld) throw error
  })
  if (reader === undefined) return
  await keep(user, { role: 'shared', process, handle: reader }, dice.integer(200), holders, false)
}

const leaderElection: Property = {
  name: 'leader-election',
  start: (trial) => {
    const holders = new Holders(trial)
    return {
      use: async (user) => {
        const election = new LeaderElection(user.session, '/election')
        while (user.goesOn()) {
          const data = String(user.process)
          const handle = asHandle(await election.campaign({ data }))
          const holding = { role: 'exclusive', process: user.process, handle } as const
          await keep(user, holding, user.dice.integer(KEEP_MS_MAX), holders)
          await user.sleep(user.dice.integer(100))
        }
      },
      violation: () => holders.violation(),
      leftover: (session) => contendersLeft(session, '/election'),
    }
  },
}

function asHandle(leadership: Leadership): LockHandle {
  return {
    get held() {
      return leadership.isLeader
    },
    token: leadership.term,
    lost: leadership.signal,
    release: () => leadership.resign(),
    [Symbol.asyncDispose]: () => leadership.resign(),
  }
}

const singletonProperty: Property = {
  name: 'singleton',
  start: (trial) => {
    const holders = new Holders(trial)
    return {
      use: async (user) => {
        while (user.goesOn()) await runSingleton(user, trial, holders)
      },
      violation: () => holders.violation(),
      leftover: (session) => contendersLeft(session, '/singletons/job'),
    }
  },
}

/** The job has its signal and its token, and nothing to ask. */
async function runSingleton(user: User, trial: Trial, holders: Holders): Promise<void> {
  const { process, dice } = user
  const patience = new AbortController()
  const running = singleton(
    user.session,
    'job',
    async (signal, { token }) => {
      const handle = {
        get held() {
          return !signal.aborted && trial.isAwake(process)
        },
        token,
        lost: signal,
        release: () => Promise.resolve(),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }
      await keep(user, { role: 'exclusive', process, handle }, dice.integer(800), holders)
    },
    { signal: patience.signal },
  )
  running.catch(() => undefined)
  if (dice.integer(3) === 0) {
    await user.sleep(dice.integer(PATIENCE_MS_MAX))
    patience.abort('patience')
  }
  await running.catch((reason: unknown) => {
    if (reason !== 'patience') throw reason
  })
  await user.sleep(dice.integer(100))
}

export const LOCK_PROPERTIES: readonly Property[] = [
  lockProperty('lock', '/lock', (session) => new Lock(session, '/lock')),
  lockProperty('simple-lock', '/simple', (session) => new SimpleLock(session, '/simple/lock'), {
    isUnfair: true,
  }),
  lockProperty('semaphore', '/semaphore', (session) => new Semaphore(session, '/semaphore', 3), {
    together: 3,
  }),
  readWriteLock,
  leaderElection,
  singletonProperty,
]
