/**
 * Coming into a queue, and going: the own znode of one contender.
 *
 * A write of a session takes effect once and its answer says how, whatever dies in between (promise P3). So there is no
 * name of one's own to search for after a lost connection, and no second try that leaves a znode behind which nobody
 * knows of (Curator's "protection"): the create has an answer, or the session is over and the znode with it.
 */
import { onAbort } from '../session/abort.js'
import type { Data, Session } from '../session/session.js'
import { parseContender } from './contenders.js'
import type { Contender } from './contenders.js'
import { codeOf, endOf } from './ends.js'

export interface Entry extends Contender {
  /** Of the znode: tells it from any other that ever has its name. */
  readonly czxid: number
}

/** Where one comes in, and as what. */
export interface Door {
  readonly session: Session
  /** Of the queue; created when it is missing, as a container: the ensemble removes it when it is no longer used. */
  readonly path: string
  readonly label: string
  /** Of the own znode. */
  readonly data?: Data | undefined
  /** Of the queue, if it is created here. */
  readonly queueData?: Data | undefined
}

/**
 * Creates the own znode, at the end of the queue. Aborted, it rejects at once, and the znode is deleted as soon as
 * its create is answered: the create must not know of the signal, for of one that has left only the answer tells the
 * name of what to delete.
 */
export async function enter(door: Door, signal: AbortSignal | undefined): Promise<Entry> {
  signal?.throwIfAborted()
  const entering = create(door, signal)
  if (signal === undefined) return entering
  return new Promise((resolve, reject) => {
    let isOpen = true
    const stop = onAbort(signal, () => {
      isOpen = false
      reject(signal.reason)
    })
    const settle = (end: () => void): void => {
      stop()
      if (isOpen) end()
    }
    entering.then(
      (entry) => {
        if (!isOpen) void leave(door.session, entry.path).catch(() => undefined)
        settle(() => resolve(entry))
      },
      (error: unknown) => settle(() => reject(error)),
    )
  })
}

async function create(door: Door, signal: AbortSignal | undefined): Promise<Entry> {
  const { session, path, data, queueData } = door
  // Who it is, for people who look; and no name is ever given to two sessions, though the numbers of a queue that was
  // deleted begin again.
  const label = `${session.id}-${door.label}`
  for (;;) {
    try {
      const stem = path === '/' ? `/${label}` : `${path}/${label}`
      const options = { ephemeral: true, sequential: true, stat: true } as const
      const made = await session.create(stem, data, options)
      const contender = parseContender(path, made.path.slice(stem.length - label.length))
      if (contender === undefined) throw new Error(`not a sequential znode: ${made.path}`)
      return { ...contender, czxid: made.stat.czxid }
    } catch (error) {
      if (codeOf(error) !== 'NO_NODE') throw endOf(session) ?? error
    }
    signal?.throwIfAborted()
    await session.createPath(path, queueData, { container: true })
  }
}

/**
 * Deletes the own znode. Resolves when it is gone, by whatever means: a session that has ended takes it along. A request
 * that is refused because too much is in flight is asked again.
 *
 * @throws ZooKeeperError `NO_AUTH`: somebody has forbidden it.
 */
export async function leave(session: Session, path: string): Promise<void> {
  for (;;) {
    try {
      return await session.delete(path)
    } catch (error) {
      const code = codeOf(error)
      if (code === 'NO_NODE' || endOf(session) !== undefined) return
      if (code !== 'OVERLOADED') throw error
    }
    await room(session)
  }
}

/** Resolves when some of what is in flight is settled. */
async function room(session: Session): Promise<void> {
  try {
    // It takes no bytes, so it is refused only if there are too many requests; then there is one to wait for.
    await session.sync()
  } catch {
    await session.exists('/').catch(() => nextState(session))
  }
}

function nextState(session: Session): Promise<void> {
  return new Promise((resolve) => {
    session.once('state', () => resolve())
  })
}
