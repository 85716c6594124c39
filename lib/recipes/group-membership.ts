/**
 * Who is there: a live set of members, each an ephemeral znode that holds what the member says of itself.
 *
 * @see ZooKeeper paper §2.4, "Group membership"; org.apache.curator.framework.recipes.nodes.GroupMember
 */
import { badArguments, checkOptions, checkPath, describe } from '../session/arguments.js'
import { Listeners } from '../session/listeners.js'
import type { RequestOptions } from '../session/readable-session.js'
import type { Session } from '../session/session.js'
import { abortable } from './abortable.js'
import { Cache } from './cache.js'
import type { CacheChange, CacheEntry } from './cache.js'
import { codeOf } from './ends.js'
import { leave } from './entry.js'
import { toJson } from './json.js'
import { Membership } from './membership.js'
import { createParents, nameOf } from './parents.js'

/** As one of the group sees it. Frozen; another one whenever it has changed. */
export interface Member {
  readonly name: string
  /** What it said, as JSON; `undefined` if it is none. */
  readonly metadata: unknown
  /** How often it has said something else. */
  readonly version: number
  /** czxid of its znode: who came later has a greater one. */
  readonly token: number
  /** Its session's id. */
  readonly session: number
}

export interface JoinGroupOptions extends RequestOptions {
  /** Nobody else's, else `NODE_EXISTS`; `member-` and a number unless told. No slash. */
  readonly name?: string | undefined
}

export type GroupEvents = {
  join: (member: Member) => void
  leave: (member: Member) => void
  /** It says something else of itself. */
  update: (member: Member, before: Member) => void
  end: (error: Error) => void
}

/**
 * Guarantees: `members` is what this process's memory shows at that moment, one's own membership included as soon as
 * `join` has resolved; a member is gone in the txn that ends its session. Events come inside the apply loop, in order:
 * `join`, any number of `update`, `leave`, and again; one for each change while the replica follows, after a snapshot
 * for what is different.
 *
 * Not guaranteed: that a member which is shown is alive now (its session may be about to expire), nor that all processes
 * see a change at one instant. Membership is no lock: use `token`s, or a Lock, where two may not do the same.
 */
export class GroupMembership {
  readonly path: string
  readonly #session: Session
  readonly #cache: Cache<'json'>
  readonly #listeners = new Listeners<GroupEvents>(['join', 'leave', 'update', 'end'])
  /** One object per state of a member. */
  readonly #members = new WeakMap<CacheEntry<unknown>, Member>()

  /** Begins to watch. @throws TypeError (`BAD_ARGUMENTS`); why the session has ended. */
  constructor(session: Session, path: string) {
    checkPath(path)
    this.path = path
    this.#session = session
    this.#cache = new Cache(session, path, { encoding: 'json' })
    this.#cache.on('change', (change) => this.#onChange(change))
    this.#cache.on('end', (error) => this.#listeners.emit('end', error))
  }

  /** By name, in the order in which they came. The Map is the caller's: it does not change any more. */
  get members(): Map<string, Member> {
    const members = [...this.#cache].flatMap(([path, entry]) => this.#memberOf(path, entry) ?? [])
    members.sort((left, right) => left.token - right.token)
    return new Map(members.map((member) => [member.name, member]))
  }

  /** The group is watched: false after `close` and after the session's end, with the last members still shown. */
  get live(): boolean {
    return this.#cache.live
  }

  /** Resolves when `members` shows all that had joined or left, anywhere, when it was called. */
  async ready(options?: RequestOptions): Promise<this> {
    await this.#cache.ready(options)
    return this
  }

  /**
   * A member of this session from when it resolves. A session may join more than once. Aborted, it rejects at once,
   * and leaves no member behind.
   *
   * @param metadata JSON.
   */
  async join(metadata: unknown, options?: JoinGroupOptions): Promise<Membership> {
    checkOptions(options, ['name', 'signal'])
    const { name, signal } = options ?? {}
    if (name !== undefined) checkName(name)
    const data = toJson(metadata)
    signal?.throwIfAborted()
    const undo = ({ path }: { path: string }): void => {
      leave(this.#session, path).catch(() => undefined)
    }
    const { path, stat } = await abortable(this.#create(name, data), signal, undo)
    return new Membership(this.#session, nameOf(path), path, stat.czxid)
  }

  /** A listener that throws disturbs nobody. */
  on<Name extends keyof GroupEvents>(name: Name, listener: GroupEvents[Name]): this {
    this.#listeners.add(name, listener, false)
    return this
  }

  off<Name extends keyof GroupEvents>(name: Name, listener: GroupEvents[Name]): this {
    this.#listeners.remove(name, listener)
    return this
  }

  /** Stops watching; leaves no watch behind. Memberships stay. Idempotent. */
  close(): void {
    this.#cache.close()
    this.#listeners.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  async #create(
    name: string | undefined,
    data: string,
  ): Promise<{ path: string; stat: { czxid: number } }> {
    const path = `${this.path === '/' ? '' : this.path}/${name ?? 'member-'}`
    const options = { ephemeral: true, sequential: name === undefined, stat: true } as const
    for (;;) {
      try {
        return await this.#session.create(path, data, options)
      } catch (error) {
        if (codeOf(error) !== 'NO_NODE') throw error
      }
      await createParents(this.#session, path, undefined)
    }
  }

  #onChange({ path, before, after }: CacheChange<unknown>): void {
    const was = before && this.#memberOf(path, before)
    const is = after && this.#memberOf(path, after)
    if (was !== undefined && is !== undefined) this.#listeners.emit('update', is, was)
    else if (was !== undefined) this.#listeners.emit('leave', was)
    else if (is !== undefined) this.#listeners.emit('join', is)
  }

  /** `undefined`: the group itself, or something else that somebody put there. */
  #memberOf(path: string, entry: CacheEntry<unknown>): Member | undefined {
    const { data, stat } = entry
    if (stat.ephemeralOwner === 0 || path.lastIndexOf('/') !== this.#depth) return undefined
    const known = this.#members.get(entry)
    if (known !== undefined) return known
    const { version, czxid, ephemeralOwner } = stat
    const name = nameOf(path)
    const member = { name, metadata: data, version, token: czxid, session: ephemeralOwner }
    this.#members.set(entry, Object.freeze(member))
    return member
  }

  /** Where the name of a member begins. */
  get #depth(): number {
    return this.path === '/' ? 0 : this.path.length
  }
}

function checkName(name: unknown): void {
  const isName = typeof name === 'string' && name !== '' && !name.includes('/')
  if (!isName) throw badArguments(`option 'name' is one component of a path, not ${describe(name)}`)
}
