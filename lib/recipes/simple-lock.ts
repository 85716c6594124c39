/** The paper's first lock: one znode that everybody wants, and everybody watches. */
import { onAbort } from '../session/abort.js'
import type { Session } from '../session/session.js'
import { codeOf, endOf } from './ends.js'
import { leave } from './entry.js'
import { onLife } from './life.js'
import { asItIs, checkPlace, LockBase } from './lock-base.js'
import type { Contest } from './lock-base.js'

interface Made {
  readonly path: string
  readonly czxid: number
}

/**
 * A lock that is one ephemeral znode: whoever creates `path` has it, all others watch it and try again together when it
 * goes. To learn from, and to show the herd: with n waiters each release costs n creates, and who is next is
 * chance. `Lock` is better in every respect but one: `tryAcquire` is a single write here.
 *
 * Guarantees are a `Lock`'s, but for the order, and for one: as the znode's name is always the same, who deletes it by hand
 * lets its former holder's release, if that is under way, delete the next holder's.
 *
 * @see ZooKeeper (USENIX ATC 2010), §2.4 "Simple Locks"
 */
export class SimpleLock extends LockBase {
  /** Sends nothing. `path` is the znode itself; its parents are created if they are missing. */
  constructor(session: Session, path: string) {
    checkPlace(session, path)
    super(session, path, contest(session, path), asItIs)
  }
}

function contest(session: Session, path: string): Contest {
  const tries = async <T>(
    signal: AbortSignal,
    take: (made: Made) => T,
    mayWait: boolean,
  ): Promise<T | undefined> => {
    for (;;) {
      signal.throwIfAborted()
      const made = await tryCreate(session, path, signal)
      if (made !== undefined) {
        // What was deleted again before this moment, or is of a session that has lapsed, was never held.
        if (session.alive && isThere(session, made)) return take(made)
        await leave(session, path)
      } else if (!mayWait) {
        return undefined
      } else {
        await goneOrAborted(session, path, signal)
      }
    }
  }
  return {
    contend: async (signal, take) => {
      const taken = await tries(signal, (made) => ({ value: take(made) }), true)
      if (taken === undefined) throw endOf(session) ?? new Error('waiting has no other end')
      return taken.value
    },
    contendNow: (signal, take) => tries(signal, take, false),
  }
}

/** `undefined`: somebody has it. Aborted, it rejects at once, and what it creates later is deleted. */
async function tryCreate(
  session: Session,
  path: string,
  signal: AbortSignal,
): Promise<Made | undefined> {
  const creating = createOwn(session, path)
  return new Promise((resolve, reject) => {
    const stop = onAbort(signal, () => reject(signal.reason))
    creating.then(
      (made) => {
        stop()
        resolve(made)
        if (signal.aborted && made !== undefined) leave(session, path).catch(() => undefined)
      },
      (error: unknown) => {
        stop()
        reject(error)
      },
    )
  })
}

async function createOwn(session: Session, path: string): Promise<Made | undefined> {
  for (;;) {
    try {
      const { stat } = await session.create(path, undefined, { ephemeral: true, stat: true })
      return { path, czxid: stat.czxid }
    } catch (error) {
      if (codeOf(error) === 'NODE_EXISTS') return undefined
      if (codeOf(error) !== 'NO_NODE') throw endOf(session) ?? error
    }
    await session.createPath(path.slice(0, path.lastIndexOf('/')))
  }
}

function isThere(session: Session, { path, czxid }: Made): boolean {
  try {
    return session.existsSync(path)?.czxid === czxid
  } catch {
    return false
  }
}

/** Here everybody wakes: that is the herd. */
function goneOrAborted(session: Session, path: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let isOver = false
    const look = (): void => {
      // It is told of its own removal too.
      if (isOver) return
      try {
        if (session.existsSync(path, { watch: look }) === null) finish(resolve)
      } catch (error) {
        if (codeOf(error) !== 'CONNECTION_LOSS') finish(() => reject(error))
      }
    }
    const stopAbort = onAbort(signal, () => finish(() => reject(signal.reason)))
    const stopLife = onLife(session, look)
    const finish = (settle: () => void): void => {
      if (isOver) return
      isOver = true
      stopAbort()
      stopLife()
      session.removeWatches(path, look, { type: 'data' }).catch(() => undefined)
      settle()
    }
    look()
  })
}
