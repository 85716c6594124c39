/** Readers share, writers exclude everybody. */
import { op } from '../session/op.js'
import type { Session } from '../session/session.js'
import type { Contender } from './contenders.js'
import { childOf } from './contenders.js'
import { endOf } from './ends.js'
import { leave } from './entry.js'
import { asItIs, checkPlace, LockBase, queued } from './lock-base.js'
import type { Adopt } from './lock-base.js'
import { predecessor } from './lock.js'
import type { Lockable, LockHandle } from './lock-handle.js'
import type { Ownership } from './ownership.js'

const READ = '__READ__'
const WRITE = '__WRIT__'

/** What a writer holds. */
export interface WriteHandle extends LockHandle {
  /**
   * Becomes a reader, in one step: no writer comes in between, and whoever waits to read goes on. This handle is not
   * `held` any more from the call on. The reader keeps the writer's token, so that it stays smaller than that of every writer
   * who waits already. It ends with `write`, through which it was acquired.
   *
   * @throws ZooKeeperError Why it is not held, or why the session ended; it is released then.
   */
  downgrade(): Promise<LockHandle>
}

/**
 * `read` is held by any number of readers at a time, `write` by one writer and no reader. First come, first served:
 * a reader waits for the writers before it, a writer for all before it, so neither starves the other.
 *
 * A reader watches the nearest writer before it, a writer whoever is right before it: a writer who goes wakes the
 * readers right behind it, who can all go on, and otherwise a release wakes one.
 *
 * Not re-entrant. Whoever holds `write` and acquires `read` waits for itself: `downgrade()` is the way. There is no way
 * from `read` to `write`, as two readers who both wanted it would wait for each other: release it, and acquire `write`.
 *
 * Guarantees are a `Lock`'s. A writer's token is greater than that of everybody who held it before; of readers who hold
 * it together tokens mean nothing.
 *
 * @see ZooKeeper (USENIX ATC 2010), §2.4 "Read/Write Locks" · Curator: InterProcessReadWriteLock (CURATOR-621)
 */
export class ReadWriteLock implements AsyncDisposable {
  readonly path: string
  readonly read: Lockable
  readonly write: Lockable<WriteHandle>

  /** Sends nothing. */
  constructor(session: Session, path: string) {
    checkPlace(session, path)
    this.path = path
    const reading = { session, path, label: READ, blockers: nearestWriter }
    const writing = { session, path, label: WRITE, blockers: predecessor }
    this.read = new LockBase(session, path, queued(reading), asItIs)
    this.write = new LockBase(session, path, queued(writing), (ownership, adopt) =>
      writeHandle(ownership, () => downgrade(session, path, ownership, adopt)),
    )
  }

  /** Both sides. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.read[Symbol.asyncDispose](), this.write[Symbol.asyncDispose]()])
  }
}

/** Whoever does not say that it reads, excludes. */
function nearestWriter(contenders: readonly Contender[], index: number): readonly Contender[] {
  const writer = contenders.slice(0, index).findLast(({ label }) => !label.endsWith(READ))
  return writer === undefined ? [] : [writer]
}

function writeHandle(ownership: Ownership, onDowngrade: () => Promise<LockHandle>): WriteHandle {
  return {
    get held() {
      return ownership.held
    },
    token: ownership.token,
    lost: ownership.lost,
    release: () => ownership.release(),
    [Symbol.asyncDispose]: () => ownership[Symbol.asyncDispose](),
    downgrade: onDowngrade,
  }
}

/** The reader takes the writer's number, and with it its place: it is not sequential. */
async function downgrade(
  session: Session,
  path: string,
  writer: Ownership,
  adopt: Adopt,
): Promise<LockHandle> {
  if (!writer.held) throw endOf(session) ?? writer.whyNotHeld()
  writer.surrender()
  const name = writer.path.slice(path === '/' ? 1 : path.length + 1)
  const reader = childOf(path, name.replace(WRITE, READ))
  try {
    const create = op.create(reader, undefined, { ephemeral: true })
    const results = await session.multi([op.delete(writer.path), create])
    const [, created] = results
    if (created?.kind !== 'create') throw new Error('a multi answers each operation')
    return adopt({ path: reader, czxid: created.stat.czxid }, writer.token)
  } catch (error) {
    leave(session, writer.path).catch(() => undefined)
    throw endOf(session) ?? error
  }
}
