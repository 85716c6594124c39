/**
 * Who may do what: access control lists against the identities of who asks. Pure.
 *
 * What is checked against which list is elsewhere (prepare-operation.ts for writes, the session for
 * reads), and so is how somebody proves an identity.
 *
 * @see org.apache.zookeeper.server.ZooKeeperServer#checkACL
 * @see org.apache.zookeeper.server.PrepRequestProcessor#fixupACL
 */
import { ACL_BYTES_MAX, ACL_ENTRIES_MAX, IDENTITY_UNITS_MAX } from '../base/limits.js'
import { OPEN_ACL, PERMS } from '../protocol/acl.js'
import type { Acl, Identity } from '../protocol/acl.js'
import { isIpRange, isIpWithin } from './ip-address.js'

/** Whoever has an identity of this scheme may do everything. */
const SUPER = 'super'
const WORLD = 'world'
const ANYONE = 'anyone'
/** In a list that is asked for: whoever asks. Never in one that is kept. */
const AUTH = 'auth'
const DIGEST = 'digest'
const IP = 'ip'

/** No UTF-8 has one: another replica would read another id. */
const BYTE_ORDER_MARK = '\ufeff'
const LONE_SURROGATE = /\p{Surrogate}/u

/** What an entry costs beside its texts. */
const ENTRY_BYTES = 8

/** Whether somebody of these identities may do something that needs one of `perms`. */
export function mayDo(
  acl: readonly Acl[],
  perms: number,
  auth: readonly Identity[] | undefined,
): boolean {
  if (acl === OPEN_ACL || acl.length === 0) return true
  if (auth?.some(({ scheme }) => scheme === SUPER) === true) return true
  return acl.some((entry) => (entry.perms & perms) !== 0 && isOneOf(entry, auth))
}

function isOneOf(entry: Acl, auth: readonly Identity[] | undefined): boolean {
  if (isEverybody(entry)) return true
  return auth?.some((identity) => isSame(entry, identity)) === true
}

function isSame(entry: Identity, identity: Identity): boolean {
  if (entry.scheme !== identity.scheme) return false
  return entry.scheme === IP ? isIpWithin(identity.id, entry.id) : entry.id === identity.id
}

/**
 * The list to keep for a list that is asked for: no entry twice, `auth` replaced by who asks, each
 * id one of its scheme.
 *
 * @returns {@link OPEN_ACL} itself for a list that means the same; `undefined` for one that is
 *   refused (INVALID_ACL): empty, of an unknown scheme, with an id that is none of its scheme, with
 *   `auth` from somebody who has proved nothing, or over a bound.
 */
export function expandAcl(
  acl: readonly Acl[],
  auth: readonly Identity[] | undefined,
): readonly Acl[] | undefined {
  if (acl === OPEN_ACL) return OPEN_ACL
  if (acl.length > ACL_ENTRIES_MAX) return undefined
  const kept: Acl[] = []
  for (const entry of withoutDuplicates(acl)) {
    if (entry.scheme === AUTH) {
      const proved = auth?.filter(isProved) ?? []
      if (proved.length === 0) return undefined
      for (const { scheme, id } of proved) kept.push({ perms: entry.perms, scheme, id })
    } else kept.push(entry)
  }
  if (!kept.every(isValid)) return undefined
  if (kept.length === 0 || kept.length > ACL_ENTRIES_MAX) return undefined
  if (bytesOfAcl(kept) > ACL_BYTES_MAX) return undefined
  return isOpen(kept) ? OPEN_ACL : kept
}

/** The list as it is shown to who may read it: without the hashes of passwords, but for who may set it. */
export function maskAcl(
  acl: readonly Acl[],
  auth: readonly Identity[] | undefined,
): readonly Acl[] {
  return mayDo(acl, PERMS.ADMIN, auth) ? acl : acl.map(masked)
}

/** Whether everybody may do everything, by a list of exactly that one entry. */
export function isOpen(acl: readonly Acl[]): boolean {
  if (acl === OPEN_ACL) return true
  const [only] = acl
  return only !== undefined && acl.length === 1 && only.perms === PERMS.ALL && isEverybody(only)
}

/** Bytes of a list in a txn, at most. */
export function bytesOfAcl(acl: readonly Acl[]): number {
  let bytes = 0
  for (const { scheme, id } of acl) bytes += ENTRY_BYTES + bytesOf(scheme) + bytesOf(id)
  return bytes
}

function bytesOf(text: string): number {
  let bytes = text.length
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) bytes += 2
  return bytes
}

function withoutDuplicates(acl: readonly Acl[]): readonly Acl[] {
  if (acl.length < 2) return acl
  const seen = new Set<string>()
  return acl.filter(({ perms, scheme, id }) => {
    const key = JSON.stringify([perms, scheme, id])
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

/** Proved by a secret; an address proves nothing about who is there. */
function isProved({ scheme }: Identity): boolean {
  return scheme === DIGEST
}

function isEverybody({ scheme, id }: Identity): boolean {
  return scheme === WORLD && id === ANYONE
}

function isValid(entry: Acl): boolean {
  if (entry.id.length > IDENTITY_UNITS_MAX || LONE_SURROGATE.test(entry.id)) return false
  // A decoder may take it for a mark of what follows, and another replica may have another decoder.
  if (entry.id.startsWith(BYTE_ORDER_MARK)) return false
  // Any 32 bits, as in ZooKeeper; those without a meaning allow nothing.
  if ((entry.perms | 0) !== entry.perms) return false
  switch (entry.scheme) {
    case WORLD:
      return entry.id === ANYONE
    case DIGEST:
      return isDigest(entry.id)
    case IP:
      return isIpRange(entry.id)
    default:
      return false
  }
}

/** `user:hash`. As Java splits: colons at the end do not count. */
function isDigest(id: string): boolean {
  const parts = id.replace(/:+$/, '').split(':')
  return parts.length === 2
}

function masked(entry: Acl): Acl {
  if (entry.scheme !== DIGEST) return entry
  const [user = ''] = entry.id.split(':', 1)
  return { ...entry, id: `${user}:x` }
}
