/**
 * The access control lists of a tree, each kept once however many znodes have it, and forgotten
 * with the last of them. Only memory depends on it: what a znode may be told by is its own list.
 */
import { assert } from '../base/assert.js'
import { OPEN_ACL } from '../protocol/acl.js'
import type { Acl } from '../protocol/acl.js'
import { isOpen } from './access.js'

interface Entry {
  readonly key: string
  readonly acl: readonly Acl[]
  /** Znodes that have it. */
  count: number
}

export class AclTable {
  readonly #byKey: Map<string, Entry> = new Map()
  /** The same by the list itself: most znodes come with a list, or go with one, that is known. */
  readonly #byList: Map<readonly Acl[], Entry> = new Map()

  /** Lists beside the open one, which is not counted. */
  get size(): number {
    return this.#byKey.size
  }

  /** One znode more has a list equal to `acl`. @returns the one list to have for it. */
  retain(acl: readonly Acl[]): readonly Acl[] {
    if (isOpen(acl)) return OPEN_ACL
    const known = this.#byList.get(acl) ?? this.#byKey.get(keyOf(acl))
    if (known !== undefined) {
      known.count += 1
      return known.acl
    }
    const entry = { key: keyOf(acl), acl, count: 1 }
    this.#byKey.set(entry.key, entry)
    this.#byList.set(acl, entry)
    return acl
  }

  /** One znode less has `acl`, a list that `retain` returned. */
  release(acl: readonly Acl[]): void {
    if (acl === OPEN_ACL) return
    const entry = this.#byList.get(acl)
    assert(entry !== undefined, 'a list is released as often as it was retained')
    entry.count -= 1
    if (entry.count > 0) return
    this.#byKey.delete(entry.key)
    this.#byList.delete(entry.acl)
  }

  /** How many znodes have exactly this list. */
  countOf(acl: readonly Acl[]): number {
    return this.#byList.get(acl)?.count ?? 0
  }
}

function keyOf(acl: readonly Acl[]): string {
  return JSON.stringify(acl.map(({ perms, scheme, id }) => [perms, scheme, id]))
}
