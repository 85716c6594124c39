/** An ensemble that ends with its test, sessions in it, and short words about errors. */
import type { ExecutionContext } from 'ava'
import type { Session } from '../../lib/index.js'
import { ensemble } from '../../lib/testing/index.js'
import type { Ensemble, EnsembleOptions } from '../../lib/testing/index.js'

export interface Scene {
  readonly world: Ensemble
  /** One session in each process. */
  readonly sessions: readonly [Session, Session, Session]
}

export async function scene(t: ExecutionContext, options?: EnsembleOptions): Promise<Scene> {
  const world = await ensemble({ seed: 7, sessionTimeout: 4000, ...options })
  t.teardown(() => world.close())
  const [one, two, three] = await Promise.all([1, 2, 3].map((id) => world.join(id)))
  if (one === undefined || two === undefined || three === undefined) throw new Error('three join')
  return { world, sessions: [one, two, three] }
}

/** What a promise rejects with; fails if it does not. */
export async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (reason) {
    return reason
  }
  throw new Error('it did not reject')
}

export async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  const reason = await reasonOf(promise)
  return reason instanceof Error && 'code' in reason ? reason.code : reason
}

/** Names below a path, by their creation. */
export function namesIn(session: Session, path: string): string[] {
  return session.existsSync(path) === null ? [] : session.getChildrenSync(path).children
}

/** Watches in the process of that session. */
export function watchesOf(session: Session): number {
  return session.replica.status().watches
}
