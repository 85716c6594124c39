/**
 * A place to meet: a znode that whoever starts fills in, once, and that the others wait for. Not an election: who was
 * first stays so, also when it is gone.
 *
 * @see ZooKeeper paper §2.4, "Rendezvous"
 */
import { badArguments, checkOptions, checkPath, copyData } from '../session/arguments.js'
import type { RequestOptions } from '../session/readable-session.js'
import type { Data, Session } from '../session/session.js'
import { awaitState } from './await-state.js'
import { codeOf } from './ends.js'
import { createParents } from './parents.js'

/** What was offered: the same for everybody. */
export interface Meeting {
  readonly data: Buffer
  /** zxid of the write that filled it in; of another rendezvous at the same path, another. */
  readonly token: number
}

export interface Offer extends Meeting {
  /** It is this offer that everybody meets at. */
  readonly isMine: boolean
}

export interface OfferOptions extends RequestOptions {
  /** It is over when this session ends, and another can be offered. Not of a znode that was there, empty. */
  readonly ephemeral?: boolean | undefined
}

/**
 * Guarantees: of all offers exactly one is met at, and every `offer` and `wait` gives that one, as long as nobody but
 * this recipe writes to the znode. As a write has one outcome, whoever offers knows whether it was the first; there is
 * no connection loss to be guessed about.
 *
 * As in the paper, the znode may be there before, created empty by whoever hands out its path: an offer fills it in.
 * So nothing empty can be offered.
 */
export class Rendezvous {
  readonly path: string
  readonly #session: Session

  /** @throws TypeError (`BAD_ARGUMENTS`) if it is no path. */
  constructor(session: Session, path: string) {
    checkPath(path)
    this.path = path
    this.#session = session
  }

  /** Fills it in, unless somebody has; missing ancestors are created. @returns What everybody meets at. */
  async offer(data: Data, options?: OfferOptions): Promise<Offer> {
    checkOptions(options, ['ephemeral', 'signal'])
    const bytes = copyData(data)
    if (bytes.length === 0) throw badArguments('an offer is not empty')
    const { ephemeral, signal } = options ?? {}
    for (;;) {
      const token = await this.#fill(bytes, ephemeral, signal)
      if (token !== undefined) return { data: Buffer.from(bytes), token, isMine: true }
      const met = this.#look()
      if (met !== undefined) return { ...met, isMine: false }
    }
  }

  /** What was offered, as soon as there is something. Aborted, it leaves no watch behind. */
  async wait(options?: RequestOptions): Promise<Meeting> {
    checkOptions(options, ['signal'])
    const place = { session: this.#session, path: this.path }
    return awaitState(place, () => this.#look(), options?.signal)
  }

  /** @returns zxid of the write, or `undefined` if somebody was faster, or deletes it. */
  async #fill(
    data: Uint8Array,
    ephemeral: boolean | undefined,
    signal: AbortSignal | undefined,
  ): Promise<number | undefined> {
    const session = this.#session
    try {
      const made = await session.create(this.path, data, { ephemeral, stat: true, signal })
      return made.stat.czxid
    } catch (error) {
      switch (codeOf(error)) {
        case 'NODE_EXISTS':
          break
        case 'NO_NODE':
          await createParents(session, this.path, signal)
          return undefined
        default:
          throw error
      }
    }
    const there = session.existsSync(this.path)
    if (there === null || there.dataLength > 0) return undefined
    try {
      return (await session.setData(this.path, data, there.version, { signal })).mzxid
    } catch (error) {
      if (codeOf(error) === 'BAD_VERSION' || codeOf(error) === 'NO_NODE') return undefined
      throw error
    }
  }

  #look(): Meeting | undefined {
    if ((this.#session.existsSync(this.path)?.dataLength ?? 0) === 0) return undefined
    const { data, stat } = this.#session.getDataSync(this.path)
    return { data, token: stat.mzxid }
  }
}
