/** Properties of what is read live: caches, groups, configurations. */
import { Cache, Config, ConfigSet, GroupMembership } from '../../../lib/recipes/index.js'
import type { Membership } from '../../../lib/recipes/index.js'
import type { Session } from '../../../lib/index.js'
import { codeOf } from '../../../lib/recipes/ends.js'
import type { Property, Subject, Trial, User } from './frame.js'

/** Path → mzxid and cversion, of all that is there. */
function treeOf(session: Session, path: string): Map<string, string> {
  const there = new Map<string, string>()
  const waiting = [path]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const stat = session.existsSync(at)
    if (stat === null) continue
    there.set(at, `${stat.czxid} ${stat.mzxid} ${stat.cversion}`)
    for (const name of session.getChildrenSync(at).children) waiting.push(`${at}/${name}`)
  }
  return there
}

/** It is not being repaired. */
function isReadable(session: Session): boolean {
  try {
    session.existsSync('/')
    return true
  } catch {
    return false
  }
}

/** What differs, in words. */
function difference(shown: Map<string, string>, there: Map<string, string>): string | undefined {
  for (const [path, state] of there) {
    if (shown.get(path) !== state) return `${path} is ${state}, shown as ${shown.get(path)}`
  }
  for (const path of shown.keys()) if (!there.has(path)) return `${path} is shown and not there`
  return undefined
}

/** In every event, of its own and of other watches, and after every event of the world the cache is the tree. */
const cache: Property = {
  name: 'cache',
  start: (trial) => {
    const watched = new Set<{ readonly user: User; readonly cache: Cache<'utf8'> }>()
    let asked = 0
    const check = (user: User, shown: Cache<'utf8'>): string | undefined => {
      if (!shown.live || user.isOver) return undefined
      try {
        const there = treeOf(user.session, '/tree')
        const entries = [...shown].map(([path, { stat }]) => {
          return [path, `${stat.czxid} ${stat.mzxid} ${stat.cversion}`] as const
        })
        return difference(new Map(entries), there)
      } catch (error) {
        // Being repaired.
        return codeOf(error) === 'CONNECTION_LOSS' ? undefined : String(error)
      }
    }
    return {
      use: async (user) => {
        const shown = new Cache(user.session, '/tree', { encoding: 'utf8' })
        const told = new Map([...shown].map(([path, { stat }]) => [path, stat.mzxid]))
        const look = (): void => {
          const wrong = check(user, shown)
          if (wrong !== undefined) trial.fail(`in an event of process ${user.process}: ${wrong}`)
        }
        // Told before the cache is.
        const other = (event: { path: string }): void => {
          if (user.isOver || !isReadable(user.session)) return
          const stat = user.session.existsSync(event.path)
          if (shown.get(event.path)?.stat !== (stat ?? undefined)) trial.fail('get is behind')
          if (user.dice.integer(3) === 0) look()
        }
        await user.session.addWatch('/tree/1', 'persistentRecursive', other)
        shown.on('change', ({ kind, path, before, after }) => {
          const known = told.get(path)
          if (known !== before?.stat.mzxid) trial.fail(`${kind} ${path}: told of another before`)
          if (after === undefined) told.delete(path)
          else told.set(path, after.stat.mzxid)
          if (after !== undefined && after.data === undefined) trial.fail('an entry without data')
          look()
        })
        const entry = { user, cache: shown }
        watched.add(entry)
        try {
          while (user.goesOn()) await changeTree(user)
        } finally {
          watched.delete(entry)
          const wrong = check(user, shown)
          if (wrong !== undefined) trial.fail(`at the end of process ${user.process}: ${wrong}`)
          shown.close()
          await user.session.removeWatches('/tree/1', other).catch(() => undefined)
        }
      },
      violation: () => {
        // Each event of the world would be too much; those of the caches themselves are all looked at.
        asked += 1
        if (asked % 16 !== 0) return undefined
        for (const { user, cache: shown } of watched) {
          const wrong = check(user, shown)
          if (wrong !== undefined) return `process ${user.process}: ${wrong}`
        }
        return undefined
      },
      leftover: () => undefined,
    }
  },
}

async function changeTree(user: User): Promise<void> {
  const { session, dice } = user
  const path = `/tree/${1 + dice.integer(3)}`
  const below = `${path}/${dice.integer(3)}`
  const change = async (): Promise<unknown> => {
    switch (dice.integer(7)) {
      case 0:
        return session.createPath(path, 'x')
      case 1:
        return session.createPath(below, 'y', { ephemeral: dice.integer(2) === 0 })
      case 2:
        return session.setData(below, String(dice.integer(100)))
      case 3:
        return session.deleteRecursive(dice.integer(8) === 0 ? '/tree' : path)
      case 4:
        return session.transaction().delete(below).create(below, 'again').commit()
      case 5:
        return session.transaction().create(path).create(below).commit()
      default:
        return session.delete(below)
    }
  }
  try {
    await change()
  } catch (error) {
    const legal = ['NO_NODE', 'NODE_EXISTS', 'NOT_EMPTY', 'NO_CHILDREN_FOR_EPHEMERALS']
    if (!legal.includes(codeOf(error) ?? '')) throw error
  }
  user.achieved += 1
  await user.sleep(dice.integer(60))
}

/** Everybody sees the same members once nothing is left to be heard, and a member that has died is gone. */
const groupMembership: Property = {
  name: 'group-membership',
  start: (trial) => {
    const groups = new Set<{ readonly user: User; readonly group: GroupMembership }>()
    return {
      use: async (user) => {
        const group = new GroupMembership(user.session, '/group')
        const told = new Map([...group.members].map(([name, { token }]) => [name, token]))
        listen(trial, group, told)
        const entry = { user, group }
        groups.add(entry)
        try {
          while (user.goesOn()) await beMember(trial, user, group, told)
        } finally {
          groups.delete(entry)
          group.close()
        }
      },
      violation: () => {
        for (const { user, group } of groups) {
          if (user.isOver) continue
          const wrong = wrongMembers(user, group)
          if (wrong !== undefined) return wrong
        }
        return undefined
      },
      leftover: (session) => {
        const names = session.existsSync('/group') && session.getChildrenSync('/group').children
        return names?.length ? `members ${names.join(', ')}` : undefined
      },
    }
  },
}

function listen(trial: Trial, group: GroupMembership, told: Map<string, number>): void {
  group.on('join', ({ name, token }) => {
    if (told.has(name)) trial.fail(`${name} joined twice`)
    told.set(name, token)
  })
  group.on('leave', ({ name, token }) => {
    if (told.get(name) !== token) trial.fail(`${name} left and had not joined`)
    told.delete(name)
  })
  group.on('update', ({ name, version }, before) => {
    if (!told.has(name)) trial.fail(`${name} changed and is no member`)
    if (version <= before.version) trial.fail(`${name} changed backwards`)
  })
}

/** As the ensemble's state in this process has them: each with a session that there is. */
function wrongMembers({ session, process }: User, group: GroupMembership): string | undefined {
  try {
    const there = session.existsSync('/group') ? session.getChildrenSync('/group').children : []
    const shown = [...group.members.keys()]
    if (shown.toSorted().join() === there.toSorted().join()) return undefined
    return `process ${process} shows ${shown.join()}, and there are ${there.join()}`
  } catch (error) {
    return codeOf(error) === 'CONNECTION_LOSS' ? undefined : String(error)
  }
}

async function beMember(
  trial: Trial,
  user: User,
  group: GroupMembership,
  told: Map<string, number>,
): Promise<void> {
  const { dice, session } = user
  const name = dice.integer(3) === 0 ? 'chair' : undefined
  let membership: Membership
  try {
    membership = await group.join({ process: user.process }, { name })
  } catch (error) {
    if (codeOf(error) !== 'NODE_EXISTS') throw error
    await user.sleep(10 + dice.integer(100))
    return
  }
  user.achieved += 1
  const own = group.members.get(membership.name)
  if (own?.token !== membership.token && membership.held) trial.fail('the own entry is not shown')
  if (!told.has(membership.name) && membership.held) trial.fail('the own joining was not told')
  await user.sleep(dice.integer(200))
  if (dice.integer(2) === 0 && membership.held) {
    await membership.update({ process: user.process, n: 2 })
    const after = group.members.get(membership.name)
    if (after?.version !== 1 && membership.held) trial.fail('the own update is not shown')
  }
  await user.sleep(dice.integer(300))
  await membership.leave()
  const left = group.members.get(membership.name)
  if (left?.token === membership.token && session.alive) trial.fail('a member that left is shown')
}

/** Whoever reads, at any moment, sees two values that were written together. */
function configProperty(name: string, ready: boolean): Property {
  return {
    name,
    start: (trial): Subject => {
      const sets = new Set<ConfigSet>()
      const check = (set: ConfigSet): string | undefined => {
        const { a, b, c } = (set.values ?? {}) as Record<string, number | undefined>
        return a === b && b === c ? undefined : `half a change: ${a}, ${b}, ${c}`
      }
      let newest = 0
      return {
        use: async (user) => {
          const set = new ConfigSet(user.session, '/config', { ready })
          const wrong = (): void => {
            const half = check(set)
            if (half !== undefined) trial.fail(half)
          }
          set.on('change', wrong)
          await user.session.addWatch('/config/b', 'persistent', wrong)
          sets.add(set)
          try {
            while (user.goesOn()) {
              newest += 1
              await changeSet(user, set, ready, newest)
            }
          } finally {
            sets.delete(set)
            set.close()
            await user.session.removeWatches('/config/b', wrong).catch(() => undefined)
          }
        },
        violation: () => [...sets].map(check).find((half) => half !== undefined),
        leftover: (session) => {
          return session.existsSync('/config/writing') === null ? undefined : 'somebody writes'
        },
      }
    },
  }
}

async function changeSet(user: User, set: ConfigSet, ready: boolean, n: number): Promise<void> {
  const { dice } = user
  const abort = new AbortController()
  const options = { signal: abort.signal }
  const value = dice.integer(6) === 0 ? undefined : n
  const values = { a: value, b: value, c: value }
  const whole = ready && dice.integer(2) === 0
  const doing = whole ? set.replace(values, options) : set.change(values, options)
  doing.catch(() => undefined)
  if (dice.integer(4) === 0) {
    await user.sleep(dice.integer(20))
    abort.abort('patience')
  }
  try {
    await doing
    user.achieved += 1
  } catch (error) {
    const isLegal =
      error === 'patience' ||
      (codeOf(error) === 'OUTCOME_UNKNOWN' && abort.signal.aborted) ||
      (ready && codeOf(error) === 'NO_NODE')
    if (!isLegal) throw error
  }
  await user.sleep(dice.integer(100))
}

/** A value that is not valid is never shown, nobody's update is lost, and what is shown never goes back. */
const config: Property = {
  name: 'config',
  start: (trial) => {
    let began = 0
    let done = 0
    let unknown = 0
    const validate = (value: unknown): number => {
      if (typeof value === 'number') return value
      throw new Error('no number')
    }
    return {
      use: async (user) => {
        const shown = new Config(user.session, '/number', { validate, initial: 0 })
        let last = -1
        const look = (): void => {
          const { value } = shown
          if (value < last) trial.fail(`the value went back from ${last} to ${value}`)
          if (value > began) trial.fail(`${value} after ${began} updates`)
          last = value
        }
        shown.on('change', look)
        try {
          await shown.ready()
          while (user.goesOn()) {
            began += 1
            unknown += 1
            const sum = await shown.update((value) => value + 1)
            unknown -= 1
            done += 1
            if (sum > began) trial.fail(`${sum} of ${began} updates`)
            user.achieved += 1
            look()
            await user.sleep(user.dice.integer(80))
          }
        } finally {
          shown.close()
        }
      },
      violation: () => undefined,
      leftover: (session) => {
        const { data } = session.getDataSync('/number', { encoding: 'json' })
        const isRight = typeof data === 'number' && data >= done && data <= done + unknown
        return isRight ? undefined : `${String(data)} after ${done} updates, ${unknown} unknown`
      },
    }
  },
}

export const LIVE_PROPERTIES: readonly Property[] = [
  cache,
  groupMembership,
  configProperty('config-set', false),
  configProperty('config-ready', true),
  config,
]
