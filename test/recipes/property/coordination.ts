/** Properties of what brings processes together: rendezvous, barriers, counters, persistent ephemerals. */
import {
  Barrier,
  Counter,
  DoubleBarrier,
  PersistentEphemeral,
  Rendezvous,
} from '../../../lib/recipes/index.js'
import type { Meeting } from '../../../lib/recipes/index.js'
import type { ReplicaHandle, Session } from '../../../lib/index.js'
import { codeOf } from '../../../lib/recipes/ends.js'
import type { Property, Trial, User } from './frame.js'

const PATIENCE_MS_MAX = 1500

/** Does something with a signal, and loses patience at times. @returns `undefined` if it was given up. */
async function patiently<T>(
  user: User,
  begin: (signal: AbortSignal) => Promise<T>,
  patienceMs: number,
): Promise<T | undefined> {
  const abort = new AbortController()
  const doing = begin(abort.signal)
  doing.catch(() => undefined)
  let isDone = false
  void doing.then(
    () => (isDone = true),
    () => (isDone = true),
  )
  const end = user.now + patienceMs
  try {
    while (!isDone && user.now < end && user.goesOn()) await user.sleep(10)
  } finally {
    if (!isDone) abort.abort('patience')
  }
  return doing.catch((error: unknown) => {
    const isOurs = error === 'patience' || codeOf(error) === 'OUTCOME_UNKNOWN'
    if (!isOurs || !abort.signal.aborted) throw error
    return undefined
  })
}

/** All who meet at one place meet at the same: one offer, seen by all. */
const rendezvous: Property = {
  name: 'rendezvous',
  start: (trial) => {
    const met = new Map<string, Meeting>()
    const winners = new Map<string, number>()
    let round = 0
    const meet = (path: string, { data, token }: Meeting): void => {
      const before = met.get(path)
      if (before === undefined) met.set(path, { data, token })
      else if (before.token !== token || !before.data.equals(data)) {
        trial.fail(`met at ${path} at ${String(before.data)} and at ${String(data)}`)
      }
    }
    return {
      use: async (user) => {
        while (user.goesOn()) {
          const path = `/meet/${round}`
          const place = new Rendezvous(user.session, path)
          if (user.dice.integer(10) === 0) await user.session.createPath(path)
          if (user.dice.integer(2) === 0) {
            const words = `${user.session.id} ${user.now}`
            const offer = await patiently(user, (signal) => place.offer(words, { signal }), 500)
            if (offer !== undefined) {
              meet(path, offer)
              if (offer.isMine) winners.set(path, (winners.get(path) ?? 0) + 1)
              if ((winners.get(path) ?? 0) > 1) trial.fail(`two offers won at ${path}`)
            }
          } else {
            const meeting = await patiently(user, (signal) => place.wait({ signal }), 500)
            if (meeting !== undefined) meet(path, meeting)
          }
          user.achieved += 1
          if (user.dice.integer(6) === 0) round += 1
          await user.sleep(user.dice.integer(40))
        }
      },
      violation: () => undefined,
      leftover: () => undefined,
    }
  },
}

/** Nobody passes who came after it was closed and before anybody asked to open it. */
const barrier: Property = {
  name: 'barrier',
  start: (trial) => {
    /** Another one after each write of which nobody knows what came of it. */
    let path = '/barrier-0'
    let opening = 0
    /** Since the last request to open, somebody closed it. */
    let isClosed = false
    let generation = 0
    const renew = (): void => {
      generation += 1
      path = `/barrier-${generation}`
      isClosed = false
      opening = 0
    }
    const surely = async (write: () => Promise<void>, at: string): Promise<boolean> => {
      try {
        await write()
        return at === path
      } catch (error) {
        if (at === path) renew()
        throw error
      }
    }
    return {
      use: async (user) => {
        while (user.goesOn()) {
          const at = path
          const it = new Barrier(user.session, at)
          const kind = user.dice.integer(6)
          if (kind === 0) {
            isClosed = false
            generation += 1
            opening += 1
            if (await surely(() => it.open(), at)) opening -= 1
          } else if (kind <= 2) {
            const since = opening === 0 ? generation : undefined
            if (await surely(() => it.close(), at)) isClosed ||= since === generation
          } else {
            const since = isClosed ? generation : undefined
            const pass = (signal: AbortSignal): Promise<true> =>
              it.wait({ signal }).then(() => {
                // In the moment in which it resolves.
                if (since === generation && isClosed) trial.fail(`${at} was closed, and passed`)
                return true
              })
            await patiently(user, pass, user.dice.integer(PATIENCE_MS_MAX))
          }
          user.achieved += 1
          await user.sleep(user.dice.integer(60))
        }
      },
      violation: () => undefined,
      leftover: () => undefined,
    }
  },
}

/** One use of a double barrier by one session. */
interface Part {
  readonly session: Session
  state: 'entering' | 'inside' | 'leaving' | 'gaveUp' | 'left'
}

/** Nobody is in without the number, and nobody out while one is in that lives. */
const doubleBarrier: Property = {
  name: 'double-barrier',
  start: (trial) => {
    const size = 2 + trial.dice.integer(2)
    const parts = new Map<number, readonly Part[]>()
    const members = (session: Session): number[] => {
      const { data } = session.getDataSync('/double/ready', { encoding: 'json' })
      return (data as string[]).map((name) => Number.parseInt(name, 10))
    }
    const entered = (session: Session): Part[][] => {
      const round = members(session)
      // Its own session may have been ended meanwhile, which it hears of after this.
      if (!session.alive) return []
      if (new Set(round).size < size) trial.fail(`entered with ${round.length} of ${size}`)
      if (!round.includes(session.id)) trial.fail('entered a round of others')
      return round.map((id) => {
        const [now, before] = parts.get(id) ?? []
        if (now === undefined || now.state === 'left') trial.fail(`entered with ${id}: not there`)
        // Who was counted and gave up may be coming again by now.
        return [now, before?.state === 'gaveUp' ? before : undefined].filter((part) => !!part)
      })
    }
    const left = (round: readonly Part[][]): void => {
      for (const candidates of round) {
        const isIn = candidates.every(({ session, state }) => {
          return session.alive && (state === 'entering' || state === 'inside')
        })
        if (isIn) trial.fail(`left while ${candidates[0]?.session.id} is ${candidates[0]?.state}`)
      }
    }
    return {
      use: async (user) => {
        const { session, dice } = user
        const it = new DoubleBarrier(session, '/double', size)
        while (user.goesOn()) {
          const part: Part = { session, state: 'entering' }
          parts.set(session.id, [part, ...(parts.get(session.id) ?? []).slice(0, 1)])
          const patience = dice.integer(4) === 0 ? dice.integer(300) : 8000
          let round: Part[][] = []
          const pass = (signal: AbortSignal): Promise<true> => {
            signal.addEventListener('abort', () => (part.state = 'gaveUp'))
            return it.enter({ signal }).then(() => {
              round = entered(session)
              part.state = 'inside'
              return true
            })
          }
          if ((await patiently(user, pass, patience)) === undefined) {
            // Of two sessions alone no three come together.
            if (size > 2) user.achieved += 1
            continue
          }
          await user.sleep(dice.integer(80))
          part.state = 'leaving'
          await it.leave().then(() => left(round))
          part.state = 'left'
          user.achieved += 1
          await user.sleep(dice.integer(40))
        }
      },
      violation: () => undefined,
      leftover: (session) => {
        if (session.existsSync('/double') === null) return undefined
        const names = session.getChildrenSync('/double').children.filter((name) => name !== 'ready')
        return names.length === 0 ? undefined : `members ${names.join(', ')}`
      },
    }
  },
}

/** Each sum is somebody's own, and all together are what is there. */
const counter: Property = {
  name: 'counter',
  start: (trial) => {
    const sums = new Set<number>()
    let began = 0
    return {
      use: async (user) => {
        const count = new Counter(user.session, '/deep/count')
        const addOne = async (): Promise<void> => {
          began += 1
          const sum = await count.add(1)
          if (sums.has(sum)) trial.fail(`the sum ${sum} twice`)
          sums.add(sum)
          if (sum > began) trial.fail(`${sum} of ${began}`)
          user.achieved += 1
        }
        while (user.goesOn()) {
          await Promise.all(Array.from({ length: 1 + user.dice.integer(3) }, addOne))
          await user.sleep(user.dice.integer(60))
        }
      },
      violation: () => undefined,
      leftover: (session) => {
        const { value } = new Counter(session, '/deep/count')
        if (value >= sums.size && value <= began) return undefined
        return `${value} after ${sums.size} to ${began}`
      },
    }
  },
}

/** One of a process, whose users come and go with their sessions. */
interface Watched {
  user: User
  readonly one: PersistentEphemeral
  readonly isAlone: boolean
  /** Whose session has been connected, without interruption, since then. */
  session: Session | undefined
  since: number
  freeSince: number
}

const PATIENCE_FOR_ZNODE_MS = 2500
const PATIENCE_FOR_FREE_MS = 500

/** Of one path there is one holder; and one that nobody else wants is there when its process has had a leader for a while. */
const persistentEphemeral: Property = {
  name: 'persistent-ephemeral',
  start: (trial) => {
    const all = new Set<Watched>()
    const owned = new Map<ReplicaHandle, Watched[]>()
    const make = (user: User, path: string, isAlone: boolean): Watched => {
      const options = { sessionTimeout: 1500 }
      const one = new PersistentEphemeral(user.session.replica, path, 'x', options)
      one.on('created', (_token, session) => {
        const stat = session.alive ? session.existsSync(path) : null
        if (stat !== null && stat.ephemeralOwner !== session.id) trial.fail('not its own')
      })
      one.on('failed', (error) => {
        const isOver = ['REPLICA_FAILED', 'SESSION_CLOSED'].includes(codeOf(error) ?? '')
        if (!isOver) trial.fail(`it failed: ${String(error)}`)
      })
      const watched = { user, one, isAlone, session: undefined, since: trial.now(), freeSince: 0 }
      all.add(watched)
      return watched
    }
    const close = async ({ session }: User): Promise<void> => {
      const made = owned.get(session.replica) ?? []
      owned.delete(session.replica)
      for (const watched of made) all.delete(watched)
      const ids = made.map(({ one }) => one.session?.id)
      await Promise.all(made.map(({ one }) => one.close()))
      for (const { one } of made) {
        const stat = session.alive ? session.existsSync(one.path) : null
        if (stat !== null && ids.includes(stat.ephemeralOwner)) trial.fail('closed, and there')
      }
    }
    return {
      use: async (user) => {
        const { replica } = user.session
        const own = `/lasting/${user.process}`
        while (user.goesOn()) {
          if (!owned.has(replica)) {
            owned.set(replica, [make(user, own, true), make(user, '/lasting/shared', false)])
          }
          for (const watched of owned.get(replica) ?? []) watched.user = user
          await user.sleep(user.dice.integer(300))
          user.achieved += 1
          if (user.dice.integer(8) === 0) await user.session.delete(own).catch(() => undefined)
          if (user.dice.integer(80) === 0) await close(user)
        }
        if (!user.isOver) await close(user)
      },
      violation: () => missing(trial, all) ?? doubled(trial, all),
      leftover: (session) => {
        if (session.existsSync('/lasting') === null) return undefined
        const names = session.getChildrenSync('/lasting').children
        return names.length === 0 ? undefined : `ephemerals ${names.join(', ')}`
      },
    }
  },
}

function missing(trial: Trial, all: Iterable<Watched>): string | undefined {
  for (const watched of all) {
    const { one, isAlone, user } = watched
    const { session } = user
    const isConnected = session.state === 'connected' && session.alive
    const isWell = isConnected && trial.isAwake(user.process)
    if (!isAlone || !isWell || session !== watched.session || one.token !== undefined) {
      watched.session = session
      watched.since = trial.now()
      watched.freeSince = trial.now()
      continue
    }
    // Nobody is in the way, and there is a session to create it.
    const isFree = one.session?.state === 'connected' && session.existsSync(one.path) === null
    if (!isFree) watched.freeSince = trial.now()
    const isLate =
      trial.now() - watched.since > PATIENCE_FOR_ZNODE_MS ||
      trial.now() - watched.freeSince > PATIENCE_FOR_FREE_MS
    if (isLate) return `process ${user.process} has a leader and no znode at ${one.path}`
  }
  return undefined
}

function doubled(trial: Trial, all: Iterable<Watched>): string | undefined {
  const holders = [...all].filter(({ one, isAlone }) => !isAlone && one.token !== undefined)
  if (holders.length <= 1) return undefined
  return `held by ${holders.map(({ user }) => user.process).join(', ')} at ${trial.now()}`
}

export const COORDINATION_PROPERTIES: readonly Property[] = [
  rendezvous,
  barrier,
  doubleBarrier,
  counter,
  persistentEphemeral,
]
