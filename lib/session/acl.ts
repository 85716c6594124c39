/** Builders for access control lists, with ZooKeeper's ready-made ones. Lists are plain arrays: join them with spread. */
import { OPEN_ACL, PERMS } from '../protocol/acl.js'
import type { Acl } from '../protocol/acl.js'
import { digestIdentity } from './auth.js'

export interface AclBuilders {
  /** Everybody may do everything (zookeeper: OPEN_ACL_UNSAFE). What a znode gets unless told. */
  readonly open: readonly Acl[]
  /** Everybody may read (zookeeper: READ_ACL_UNSAFE). */
  readonly readOnly: readonly Acl[]
  /** Whoever the session that asks is by then may do everything (zookeeper: CREATOR_ALL_ACL). Needs an addAuth before. */
  readonly creatorAll: readonly Acl[]
  /** Everybody; `PERMS.ALL` unless told. */
  world(perms?: number): readonly Acl[]
  /** Who adds `digest` with `user:password`; `PERMS.ALL` unless told. Only the hash of the password is kept. */
  digest(user: string, password: string, perms?: number): readonly Acl[]
  /** Clients of a gateway from that address or range (`10.0.0.0/8`); `PERMS.ALL` unless told. */
  ip(address: string, perms?: number): readonly Acl[]
}

export const acl: AclBuilders = {
  open: OPEN_ACL,
  readOnly: one(PERMS.READ, 'world', 'anyone'),
  creatorAll: one(PERMS.ALL, 'auth', ''),
  world: (perms = PERMS.ALL) => one(perms, 'world', 'anyone'),
  digest: (user, password, perms = PERMS.ALL) => {
    const { scheme, id } = digestIdentity(user, password)
    return one(perms, scheme, id)
  },
  ip: (address, perms = PERMS.ALL) => one(perms, 'ip', address),
}

function one(perms: number, scheme: string, id: string): readonly Acl[] {
  return Object.freeze([Object.freeze({ perms, scheme, id })])
}
