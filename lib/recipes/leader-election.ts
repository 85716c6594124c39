/** Who leads: the first of those who want to. */
import { checkOptions, checkSignal } from '../session/arguments.js'
import type { Data, Session } from '../session/session.js'
import { contendersOf } from './contenders.js'
import { codeOf, quietAtEnd } from './ends.js'
import type { Entry } from './entry.js'
import { checkPlace } from './lock-base.js'
import { predecessor } from './lock.js'
import { Observation } from './observation.js'
import type { Watch } from './observation.js'
import { Ownership } from './ownership.js'
import { contend } from './waiting.js'

export interface CampaignOptions {
  /** Ends the waiting; means nothing afterwards. */
  readonly signal?: AbortSignal | undefined
  /** What others are told of this one when it leads: an address, say. */
  readonly data?: Data | undefined
}

export interface ObserveOptions {
  readonly signal?: AbortSignal | undefined
}

/** Who leads, as far as this process has seen. */
export interface Leader {
  readonly data: Buffer
  /** Grows from leader to leader: the zxid at which its own znode was created. */
  readonly term: number
  /** Id of its session. */
  readonly session: number
  /** Of its own znode. */
  readonly path: string
}

/** As `campaign` gives it. It latches: who does not lead any more never leads again by it. */
export interface Leadership extends AsyncDisposable {
  /** Fencing token; grows from leader to leader. */
  readonly term: number
  /** Judged at every read, as `held` of a lock: nobody else leads. */
  readonly isLeader: boolean
  /**
   * Aborted before anybody else can lead, whatever the reason: resigned, the session's lease lapsed, its end, the own znode
   * deleted (of that alone one learns afterwards). A thread that is blocked hears of it when it goes on.
   */
  readonly signal: AbortSignal
  /** It does not lead from the call on. Resolves when others can. */
  resign(): Promise<void>
}

/**
 * One leader at a time among those who campaign at `path`, whoever came first first.
 *
 * Guaranteed: at no instant two are leader, whatever crashes, stands still or is cut off; terms grow from leader to leader;
 * only who stands first by the very znode that its campaign created leads, told by its czxid (CURATOR-696). Not guaranteed: that what a leader began has
 * ended when it does not lead any more; that is what `signal` and `term` are for. Each who campaigns watches only
 * the one before it.
 *
 * @see Curator: LeaderLatch, LeaderSelector
 */
export class LeaderElection {
  readonly path: string
  readonly #session: Session

  /** Sends nothing. */
  constructor(session: Session, path: string) {
    checkPlace(session, path)
    this.path = path
    this.#session = session
  }

  /**
   * Waits without limit until it leads. Every campaign stands for itself, also those of one session.
   *
   * @throws `signal.reason`, at once; why the session ended. Nothing is left behind then.
   */
  campaign(options?: CampaignOptions): Promise<Leadership> {
    return quietAtEnd(this.#session, this.#campaign(options))
  }

  async #campaign(options: CampaignOptions | undefined): Promise<Leadership> {
    checkOptions(options, ['signal', 'data'])
    checkSignal(options?.signal)
    const session = this.#session
    const queue = {
      session,
      path: this.path,
      label: 'latch-',
      data: options?.data,
      blockers: predecessor,
    }
    return contend(queue, options?.signal, (entry) => leadership(session, entry))
  }

  /**
   * Who leads by this process's memory, which may be old (`await session.sync()` first makes it new) and may not know yet
   * that it has resigned. `undefined`: nobody.
   *
   * @throws ZooKeeperError Why the session ended.
   */
  leader(): Leader | undefined {
    const session = this.#session
    try {
      const [first] = contendersOf(session, this.path)
      if (first === undefined) return undefined
      const { data, stat } = session.getDataSync(first.path)
      return { data, term: stat.czxid, session: stat.ephemeralOwner, path: first.path }
    } catch (error) {
      if (codeOf(error) === 'NO_NODE') return undefined
      throw error
    }
  }

  /**
   * Who leads, now and whenever that changes: `undefined` when nobody does. Always the newest; who is slow to ask misses what
   * lies between. Ends when it is returned, or with `signal.reason`, or why the session ended.
   */
  observe(options?: ObserveOptions): AsyncIterableIterator<Leader | undefined, undefined> {
    checkOptions(options, ['signal'])
    checkSignal(options?.signal)
    const look = (watch: Watch): Leader | undefined => this.#lookAndWatch(watch)
    return new Observation(this.#session, look, isSame, options?.signal)
  }

  #lookAndWatch(watch: Watch): Leader | undefined {
    const leader = this.leader()
    if (leader !== undefined) watch(leader.path, 'data')
    else if (this.#session.existsSync(this.path) === null) watch(this.path, 'data')
    else watch(this.path, 'child')
    return leader
  }
}

function leadership(session: Session, entry: Entry): Leadership {
  const ending = new AbortController()
  let isResigning = false
  const ownership = new Ownership(session, entry, () => {
    const resigned = new DOMException('the leader has resigned', 'AbortError')
    ending.abort(isResigning ? resigned : ownership.whyNotHeld())
  })
  ownership.look()
  const resign = (): Promise<void> => {
    // Asked first: who has lost it already has nothing to resign from.
    isResigning = ownership.held
    return ownership.release()
  }
  return {
    term: ownership.token,
    get isLeader() {
      return ownership.held
    },
    signal: ending.signal,
    resign,
    [Symbol.asyncDispose]: resign,
  }
}

function isSame(left: Leader | undefined, right: Leader | undefined): boolean {
  if (left === undefined || right === undefined) return left === right
  return left.term === right.term && left.data.equals(right.data)
}
