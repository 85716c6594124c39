/** One process of measure.ts: a replica, told by messages what to do with locks, and telling what came of it. */
import { join } from '../../lib/index.js'
import type { Session, WatchEvent } from '../../lib/index.js'
import { Lock } from '../../lib/recipes/index.js'
import type { LockHandle } from '../../lib/recipes/index.js'

/** What the process is asked for; each is answered by one message with the same `kind`. */
export type Task =
  /** Acquires it and keeps it. */
  | { readonly kind: 'hold'; readonly path: string }
  /** So many sessions wait for it; answered when all are in the queue, and again as `won` by each that gets it. */
  | { readonly kind: 'wait'; readonly path: string; readonly sessions: number }
  /** Who waits gives up, who has it gives it back. */
  | { readonly kind: 'stop' }
  /** Acquires and gives back, so many times, a third of them given up while they wait. */
  | { readonly kind: 'cycle'; readonly path: string; readonly times: number }
  /** So many wait in a row, and each that gets it gives it back. */
  | { readonly kind: 'chain'; readonly path: string; readonly waiters: number }
  /** Blocks its thread for so long while it holds it. */
  | { readonly kind: 'block'; readonly path: string; readonly ms: number }

export interface Answer {
  readonly kind: string
  /** CLOCK_MONOTONIC, the same for all processes of a machine; ns. */
  readonly ns: string
  readonly [name: string]: unknown
}

type WatchListener = (event: WatchEvent) => void

const [, , dir = '', size = '3', timeout = '10000'] = process.argv
const zk = await join({ dir, size: Number(size), sessionTimeout: Number(timeout) })
const sessions: Session[] = []
let stopping = new AbortController()

function tell(kind: string, more: Record<string, unknown> = {}): void {
  const { role, watches } = zk.replica.status()
  process.send?.({ kind, ns: String(process.hrtime.bigint()), role, watches, ...more })
}

async function run(task: Task): Promise<void> {
  switch (task.kind) {
    case 'hold':
      await new Lock(zk, task.path).acquire()
      return tell('hold')
    case 'wait':
      return wait(task.path, task.sessions)
    case 'stop':
      stopping.abort()
      stopping = new AbortController()
      await Promise.all(sessions.map((session) => session.sync()))
      await Promise.all(sessions.map((session) => session.sync()))
      return tell('stop')
    case 'cycle':
      return cycle(task.path, task.times)
    case 'chain':
      return chain(task.path, task.waiters)
    case 'block':
      return block(task.path, task.ms)
  }
}

async function wait(path: string, count: number): Promise<void> {
  while (sessions.length < count) sessions.push(await zk.replica.openSession({ timeout: 10_000 }))
  const { signal } = stopping
  for (const session of sessions) {
    new Lock(session, path).acquire({ signal }).then(
      (handle) => {
        tell('won')
        signal.addEventListener('abort', () => void handle.release())
      },
      () => undefined,
    )
  }
  // Behind every create.
  await Promise.all(sessions.map((session) => session.sync()))
  tell('wait')
}

async function cycle(path: string, times: number): Promise<void> {
  const before = zk.replica.status().watches
  const lock = new Lock(zk, path)
  let left = times
  let aborted = 0
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      const abort = new AbortController()
      const acquiring = lock.acquire({ signal: abort.signal })
      if (left % 3 === 0) {
        if (left % 2 === 0) await zk.sync()
        abort.abort()
      }
      try {
        await (await acquiring).release()
      } catch {
        aborted += 1
      }
    }
  }
  await Promise.all(Array.from({ length: 32 }, lane))
  await zk.sync()
  await zk.sync()
  const { children } = zk.getChildrenSync(path)
  tell('cycle', { before, after: zk.replica.status().watches, aborted, children: children.length })
}

async function chain(path: string, waiters: number): Promise<void> {
  const { counts, stop } = countDeletions(zk)
  const lock = new Lock(zk, path)
  const first = await lock.acquire()
  const passing = Array.from({ length: waiters }, async () => (await lock.acquire()).release())
  await zk.sync()
  counts.woken = 0
  await first.release()
  await Promise.all(passing)
  stop()
  tell('chain', { releases: waiters + 1, woken: counts.woken })
}

/** Counts who is told that a znode was deleted. The listeners that the session gets are others, one for each. */
function countDeletions(session: Session): { counts: { woken: number }; stop: () => void } {
  const counts = { woken: 0 }
  const counted = new Map<unknown, WatchListener>()
  const existsSync = session.existsSync.bind(session)
  const removeWatches = session.removeWatches.bind(session)
  session.existsSync = (path, options) => {
    const watch = options?.watch
    if (typeof watch !== 'function') return existsSync(path, options)
    const known =
      counted.get(watch) ??
      ((event) => {
        if (event.type === 'NodeDeleted') counts.woken += 1
        watch(event)
      })
    counted.set(watch, known)
    return existsSync(path, { ...options, watch: known })
  }
  session.removeWatches = (path, listener, options) => {
    return removeWatches(path, counted.get(listener) ?? listener, options)
  }
  const stop = (): void => {
    session.existsSync = existsSync
    session.removeWatches = removeWatches
  }
  return { counts, stop }
}

/** What is read at the first instruction after the block, before any callback ran. */
async function block(path: string, ms: number): Promise<void> {
  const handle: LockHandle = await new Lock(zk, path).acquire()
  let told = 0
  handle.lost.addEventListener('abort', () => (told += 1))
  zk.on('lapse', () => (told += 1))
  zk.on('state', () => (told += 1))
  const heldBefore = handle.held
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
  const toldBefore = told
  const { held } = handle
  tell('block', { heldBefore, held, toldBefore, aborted: handle.lost.aborted })
}

process.on('message', (task: Task) => void run(task))
process.on('disconnect', () => process.exit())
tell('joined')
