/**
 * A barrier that a group passes twice: together in, and together out. One object is one member.
 *
 * Below the path are the members, ephemeral sequential znodes, and `ready`, whose data lists the members of the round
 * that is under way. ZooKeeper's recipe creates an empty `ready` and deletes it; here whoever comes while a round is
 * under way would slip into it, and a slow one could delete the `ready` of the next. A list in one multi together with
 * a check of each member makes both impossible.
 *
 * @see ZooKeeper paper §2.4; org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier
 */
import { badArguments, checkOptions, checkPath, describe } from '../session/arguments.js'
import { op } from '../session/op.js'
import type { RequestOptions } from '../session/readable-session.js'
import { refusalError } from '../session/refusal.js'
import type { Session } from '../session/session.js'
import { awaitState } from './await-state.js'
import { childOf, contendersOf } from './contenders.js'
import { codeOf, endOf } from './ends.js'
import { enter, leave } from './entry.js'
import type { Entry } from './entry.js'

/** A multi has 1,000 operations; the rest is for `ready` and room. */
const SIZE_MAX = 500
const ROUND_MAX = 990
const LABEL = 'member-'

/** The round that was begun last; its members may be gone by now. */
interface Round {
  readonly members: readonly string[]
  /** Of `ready`; `undefined` if there is none yet. */
  readonly version: number | undefined
}

type Chance =
  | { readonly kind: 'in' }
  /** A round can begin, and it is this member who shall begin it. */
  | { readonly kind: 'begin'; readonly after: Round; readonly members: readonly string[] }

/**
 * Guarantees: `enter` resolves only if at one point of the total order at least `size` members, this one included,
 * were waiting to enter; `leave` only when every member of that round has called `leave` or its session has ended. A
 * member that dies inside keeps nobody in. No event of a session lets anybody pass (Curator's GH-1290): only the list in
 * `ready` does, and the znodes' absence.
 *
 * More than `size`: whoever waits in the moment in which a round begins belongs to it; whoever comes later waits for the
 * next, which begins when all of this one are out and again `size` wait. So it can be used again and again.
 *
 * A member that leaves watches one other; of the many only the last one's going tells all (no herd).
 */
export class DoubleBarrier {
  readonly path: string
  readonly size: number
  readonly #session: Session
  readonly #ready: string
  #entry: Entry | undefined
  #isUsed = false

  /** @throws TypeError (`BAD_ARGUMENTS`); a size is 1 … 500. */
  constructor(session: Session, path: string, size: number) {
    checkPath(path)
    if (!Number.isInteger(size) || size < 1 || size > SIZE_MAX) {
      throw badArguments(`a size is an integer from 1 to ${SIZE_MAX}, not ${describe(size)}`)
    }
    this.path = path
    this.size = size
    this.#session = session
    this.#ready = childOf(path, 'ready')
  }

  /**
   * Waits until `size` members have come. Aborted, it leaves no watch and no znode behind; if it had been counted
   * already, it is for the others like a member that entered and left.
   *
   * @throws TypeError (`BAD_ARGUMENTS`) if it has entered and not left; `NO_NODE` if somebody deleted the member.
   */
  async enter(options?: RequestOptions): Promise<void> {
    checkOptions(options, ['signal'])
    if (this.#isUsed) throw badArguments('this member has entered and not left')
    this.#isUsed = true
    try {
      const door = { session: this.#session, path: this.path, label: LABEL }
      this.#entry = await enter(door, options?.signal)
      await this.#awaitRound(this.#entry, options?.signal)
    } catch (error) {
      this.#out().catch(() => undefined)
      // The znodes of a session that has ended are seen to be gone before its end is told.
      throw endOf(this.#session) ?? error
    }
  }

  /**
   * Waits until all members of the round have left. Aborted, it counts as gone all the same.
   *
   * @throws TypeError (`BAD_ARGUMENTS`) if it has not entered.
   */
  async leave(options?: RequestOptions): Promise<void> {
    checkOptions(options, ['signal'])
    const entry = this.#entry
    if (entry === undefined) throw badArguments('this member has not entered')
    try {
      const { members } = this.#round()
      if (members.includes(entry.name)) await this.#awaitEnd(entry, members, options?.signal)
    } catch (error) {
      this.#out().catch(() => undefined)
      throw error
    }
    await this.#out()
  }

  async #awaitRound(entry: Entry, signal: AbortSignal | undefined): Promise<void> {
    const place = { session: this.#session, path: this.path, mode: 'persistentRecursive' } as const
    for (;;) {
      const chance = await awaitState(place, () => this.#look(entry), signal)
      if (chance.kind === 'in') return
      await this.#begin(chance)
    }
  }

  #look(entry: Entry): Chance | undefined {
    const session = this.#session
    const round = this.#round()
    if (round.members.includes(entry.name)) return { kind: 'in' }
    if (session.existsSync(entry.path)?.czxid !== entry.czxid) throw deleted(entry)
    // Not enough, as most of the time; then no list is read.
    if ((session.existsSync(this.path)?.numChildren ?? 0) < this.size) return undefined
    if (round.members.some((name) => this.#isThere(name))) return undefined
    const waiting = contendersOf(session, this.path).flatMap(({ name }) =>
      round.members.includes(name) ? [] : [name],
    )
    if (waiting.length < this.size) return undefined
    // One is enough to begin it: who came last. If it dies, that is seen, and it is another.
    const members = waiting.slice(0, ROUND_MAX)
    return members.at(-1) === entry.name ? { kind: 'begin', after: round, members } : undefined
  }

  /** All in one: that each of them is there, and that no other round has begun. If it is not so, they look again. */
  async #begin({ after: { version }, members }: Chance & { kind: 'begin' }): Promise<void> {
    const data = JSON.stringify(members)
    const begin =
      version === undefined ? op.create(this.#ready, data) : op.setData(this.#ready, data, version)
    try {
      await this.#session.multi([...members.map((name) => op.check(this.#at(name))), begin])
    } catch (error) {
      const code = codeOf(error)
      if (code !== 'NO_NODE' && code !== 'BAD_VERSION' && code !== 'NODE_EXISTS') throw error
    }
  }

  /** The first that is there stays until the others are gone, and watches the last; the others watch the first. */
  async #awaitEnd(
    own: Entry,
    members: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for (;;) {
      signal?.throwIfAborted()
      const there = members.filter((name) => this.#isThere(name))
      if (there.every((name) => name === own.name)) return
      const [first] = there
      const isFirst = first === own.name
      if (!isFirst) await leave(this.#session, own.path)
      const path = this.#at((isFirst ? there.at(-1) : first) ?? '')
      const isGone = (): true | undefined => this.#session.existsSync(path) === null || undefined
      await awaitState({ session: this.#session, path }, isGone, signal)
    }
  }

  #round(): Round {
    const stat = this.#session.existsSync(this.#ready)
    if (stat === null) return { members: [], version: undefined }
    const { data } = this.#session.getDataSync(this.#ready, { encoding: 'json' })
    const isList = Array.isArray(data) && data.every((name) => typeof name === 'string')
    if (isList) return { members: data, version: stat.version }
    throw refusalError({ code: 'BAD_DATA', message: `${this.#ready} holds no list of members` })
  }

  #at(name: string): string {
    return childOf(this.path, name)
  }

  #isThere(name: string): boolean {
    return this.#session.existsSync(this.#at(name)) !== null
  }

  /** Another round can be entered from now on. */
  async #out(): Promise<void> {
    const entry = this.#entry
    this.#entry = undefined
    this.#isUsed = false
    if (entry !== undefined) await leave(this.#session, entry.path)
  }
}

function deleted({ path }: Entry): Error {
  return refusalError({ code: 'NO_NODE', message: `${path} was deleted` })
}
