/**
 * Every change of every znode, in order, and which watch hears of which: the table "what fires what" of ZooKeeper's
 * DataTree and WatchManager.
 *
 * | change of a path | its data | its children | its parent's children | recursively, there or above |
 * |---|---|---|---|---|
 * | created | NodeCreated | – | NodeChildrenChanged | NodeCreated |
 * | deleted | NodeDeleted | NodeDeleted | NodeChildrenChanged | NodeDeleted |
 * | data set | NodeDataChanged | – | – | NodeDataChanged |
 */
import type { Step } from './draft.js'
import { parentPath } from './path.js'
import { Timeline } from './timeline.js'
import type { Acl, WatchEvent, WatchKind, Zxid } from './types.js'

/** An event, and the place of its change among all changes: one watcher hears of one event of a change once. */
export interface Placed {
  readonly place: number
  readonly event: WatchEvent
  /** Who may read what it tells of. */
  readonly acl: readonly Acl[]
}

interface Change {
  readonly place: number
  readonly node: Placed
  /** Of the parent. */
  readonly children: Placed | undefined
}

/** What changed around one path. */
interface Around {
  readonly own: Timeline<Change>
  readonly children: Timeline<Change>
  readonly below: Timeline<Change>
}

const TYPES = { created: 'NodeCreated', deleted: 'NodeDeleted', data: 'NodeDataChanged' } as const

export class Changes {
  readonly #around = new Map<string, Around>()
  readonly #txns = new Timeline<Change>()
  #places = 0

  add(zxid: Zxid, { kind, path, acl, parentAcl }: Step): void {
    const parent = parentPath(path)
    const place = this.#places
    // Two places: the change of the znode itself is told before that of its parent.
    this.#places += 2
    const node: Placed = { place, event: { type: TYPES[kind], path, zxid }, acl }
    const children: Placed | undefined =
      kind === 'data'
        ? undefined
        : {
            place: place + 1,
            event: { type: 'NodeChildrenChanged', path: parent, zxid },
            acl: parentAcl,
          }
    const change: Change = { place, node, children }
    this.#txns.push(zxid, change)
    const here = this.#at(path)
    here.own.push(zxid, change)
    here.below.push(zxid, change)
    if (children !== undefined) this.#at(parent).children.push(zxid, change)
    for (let above = path; above !== '/';) {
      above = parentPath(above)
      this.#at(above).below.push(zxid, change)
    }
  }

  /** What each table is asked to fire by the txns of (after, upTo], whoever may watch. */
  all(after: Zxid, upTo: Zxid): WatchEvent[] {
    return this.#txns
      .between(after, upTo)
      .flatMap(({ node, children }) =>
        children === undefined ? [node.event] : [node.event, children.event],
      )
  }

  /** Whatever a watch of that kind hears of the txns in (after, upTo], were it set anew each time. */
  heard(path: string, kind: WatchKind, after: Zxid, upTo: Zxid): Placed[] {
    const around = this.#around.get(path)
    if (around === undefined) return []
    switch (kind) {
      case 'data':
        return around.own.between(after, upTo).map(({ node }) => node)
      case 'persistentRecursive':
        return around.below.between(after, upTo).map(({ node }) => node)
      case 'child':
        return inOrder([
          ...around.own
            .between(after, upTo)
            .map(({ node }) => node)
            .filter(isDeletion),
          ...around.children.between(after, upTo).flatMap(({ children }) => children ?? []),
        ])
      case 'persistent':
        return inOrder([
          ...around.own.between(after, upTo).map(({ node }) => node),
          ...around.children.between(after, upTo).flatMap(({ children }) => children ?? []),
        ])
    }
  }

  /** Paths at or below that one which changed in (after, upTo]. */
  pathsBelow(path: string, after: Zxid, upTo: Zxid): Set<string> {
    const changes = this.#around.get(path)?.below.between(after, upTo) ?? []
    return new Set(changes.map(({ node }) => node.event.path))
  }

  /** Cheap: whether any watch of the path, of whatever kind, could hear anything of the txns in (after, upTo]. */
  isQuiet(path: string, after: Zxid, upTo: Zxid): boolean {
    const around = this.#around.get(path)
    if (around === undefined) return true
    const { below } = around
    return below.indexAfter(after) === below.indexAfter(upTo)
  }

  #at(path: string): Around {
    let around = this.#around.get(path)
    if (around === undefined) {
      around = { own: new Timeline(), children: new Timeline(), below: new Timeline() }
      this.#around.set(path, around)
    }
    return around
  }
}

function inOrder(events: Placed[]): Placed[] {
  return events.sort((left, right) => left.place - right.place)
}

function isDeletion({ event }: Placed): boolean {
  return event.type === 'NodeDeleted'
}
