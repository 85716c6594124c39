/**
 * Who stands in a queue: the ephemeral sequential children of one znode, in the order of their numbers. What a recipe
 * makes of the order is its own; how one waits in it is waiting.ts, how one comes and goes entry.ts.
 */
import type { Session } from '../session/session.js'

/** Digits that a sequential create appends at least; a parent with many children gives more. */
const NUMBERED = /^(.*?)(\d{10,})$/

export interface Contender {
  readonly path: string
  readonly name: string
  /** What stands before the number; foreign clients put a prefix of their own in front. */
  readonly label: string
  /** Exact: a parent has fewer than 2⁵³ children in its life. */
  readonly sequence: number
}

/** `undefined`: no child of a queue, and of no concern to it. */
export function parseContender(parent: string, name: string): Contender | undefined {
  const [, label, digits] = NUMBERED.exec(name) ?? []
  if (label === undefined || digits === undefined) return undefined
  return { path: childOf(parent, name), name, label, sequence: Number(digits) }
}

/**
 * As this process sees them now, first come first. Whoever sees an own znode sees all that came before it, or that
 * they are gone.
 *
 * @throws ZooKeeperError `NO_NODE` without the parent; the session's end; `CONNECTION_LOSS` while the replica's
 *   state is being repaired.
 */
export function contendersOf(session: Session, parent: string): Contender[] {
  const contenders: Contender[] = []
  for (const name of session.getChildrenSync(parent).children) {
    const contender = parseContender(parent, name)
    if (contender !== undefined) contenders.push(contender)
  }
  return contenders.sort((left, right) => left.sequence - right.sequence)
}

export function childOf(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`
}
