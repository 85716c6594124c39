/** Access control lists: who may do what to a znode. Data only; how they are checked is the tree's (tree/access.ts). */

/** Permission bits, ZooKeeper's. A znode's permissions are not inherited by its children. */
export const PERMS = {
  /** Read data, list children. */
  READ: 1,
  /** Set data. */
  WRITE: 2,
  /** Create children. */
  CREATE: 4,
  /** Delete children. */
  DELETE: 8,
  /** Set the ACL. */
  ADMIN: 16,
  ALL: 31,
} as const

/** Who somebody is, by one scheme: `digest` and `user:hash`, `ip` and an address, `world` and `anyone`. */
export interface Identity {
  readonly scheme: string
  readonly id: string
}

/** What one identity may do. */
export interface Acl extends Identity {
  /** Sum of {@link PERMS}. */
  readonly perms: number
}

/** Everybody may do everything: what a znode gets that is created without an ACL. One object: compare by identity. */
export const OPEN_ACL: readonly Acl[] = Object.freeze([
  Object.freeze({ perms: PERMS.ALL, scheme: 'world', id: 'anyone' }),
])

/** Nobody in particular: what every session is before it says who it is. */
export const NO_AUTH: readonly Identity[] = Object.freeze([])
