/** Access control lists: who may do what, and which lists are accepted (PrepRequestProcessor.fixupACL, checkACL). */
import type { Acl, Identity } from './types.js'

/** What a znode has that was created without a list. */
export const OPEN: readonly Acl[] = [{ perms: 31, scheme: 'world', id: 'anyone' }]

/** Bounds of this system, ZooKeeper has none: entries of one list, UTF-16 units of an id, bytes of one list. */
const ENTRIES_MAX = 128
const ID_UNITS_MAX = 256
const BYTES_MAX = 8192
/** What an entry takes beside its texts. */
const ENTRY_BYTES = 8

const NOBODY: readonly Identity[] = []
const encoder = new TextEncoder()

/** Whether that is the open list. */
export function isOpen(acl: readonly Acl[]): boolean {
  const [only, other] = acl
  if (only === undefined || other !== undefined) return false
  return only.perms === 31 && only.scheme === 'world' && only.id === 'anyone'
}

/** Whether somebody may do something that one of these permissions allows. */
export function isAllowed(
  acl: readonly Acl[],
  perms: number,
  auth: readonly Identity[] = NOBODY,
): boolean {
  if (acl.length === 0 || auth.some(({ scheme }) => scheme === 'super')) return true
  return acl.some((entry) => {
    if ((entry.perms & perms) === 0) return false
    if (entry.scheme === 'world') return entry.id === 'anyone'
    return auth.some((who) => isMatch(who, entry))
  })
}

/** Lists with ranges of addresses are not for this model: what it is asked with has whole addresses only. */
function isMatch(who: Identity, entry: Acl): boolean {
  return who.scheme === entry.scheme && who.id === entry.id
}

/** The list that is kept for one that is asked for; `undefined`: INVALID_ACL. */
export function fixed(
  acl: readonly Acl[],
  auth: readonly Identity[] = NOBODY,
): readonly Acl[] | undefined {
  if (acl.length > ENTRIES_MAX) return undefined
  const kept: Acl[] = []
  const seen: Acl[] = []
  for (const entry of acl) {
    const { perms, scheme, id } = entry
    if (seen.some((each) => each.perms === perms && isMatch(each, entry))) continue
    seen.push(entry)
    if (scheme === 'auth') {
      const proved = auth.filter((who) => who.scheme === 'digest')
      if (proved.length === 0) return undefined
      kept.push(...proved.map((who) => ({ perms, scheme: who.scheme, id: who.id })))
      continue
    }
    if (!isAccepted(entry)) return undefined
    kept.push({ perms, scheme, id })
  }
  if (kept.length === 0 || kept.length > ENTRIES_MAX) return undefined
  const bytes = kept.reduce((sum, { scheme, id }) => sum + ENTRY_BYTES + lengthOf(scheme + id), 0)
  if (bytes > BYTES_MAX) return undefined
  return isOpen(kept) ? OPEN : kept
}

function isAccepted({ scheme, id }: Acl): boolean {
  if (id.length > ID_UNITS_MAX) return false
  if (scheme === 'world') return id === 'anyone'
  if (scheme === 'digest') return /^[^:]*:[^:]+:*$/.test(id)
  return scheme === 'ip' && /^(\d{1,3}\.){3}\d{1,3}$/.test(id)
}

function lengthOf(text: string): number {
  return encoder.encode(text).length
}
