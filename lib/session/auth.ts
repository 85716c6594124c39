/**
 * Who somebody is: the schemes by which a client proves an identity, as ZooKeeper has them. Passwords are hashed here
 * and kept nowhere.
 *
 * The hash is ZooKeeper's, an unsalted SHA-1: it keeps colleagues apart, not attackers who can read the ACLs' data.
 *
 * @see org.apache.zookeeper.server.auth.DigestAuthenticationProvider
 */
import { createHash } from 'node:crypto'
import { IDENTITIES_MAX, IDENTITY_UNITS_MAX } from '../base/limits.js'
import type { Identity } from '../protocol/acl.js'
import { ZooKeeperError } from '../protocol/zookeeper-error.js'
import { badArguments, describe } from './arguments.js'

const COLON = 0x3a
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Who proved to be the superuser: may do everything. */
const SUPERUSER: Identity = Object.freeze({ scheme: 'super', id: '' })

/**
 * The identity of a user with that password, as ACLs name it: `user:base64(sha1(user:password))`.
 *
 * @throws TypeError (`BAD_ARGUMENTS`) if the user is none: a colon ends the name.
 */
export function digestIdentity(user: string, password: string): Identity {
  if (typeof user !== 'string' || user.includes(':')) {
    throw badArguments('a user is a string without a colon')
  }
  if (typeof password !== 'string') throw badArguments('a password is a string')
  return identityOf(user, Buffer.from(`${user}:${password}`))
}

/**
 * What a client proves with `auth`: for `digest`, `user:password`.
 *
 * @param superDigest `user:hash` of the superuser, ZooKeeper's property of that name: who proves that user is it too.
 * @returns `undefined` if it proves nothing (AUTH_FAILED): `world` and `ip` are not for a client to claim, other
 *   schemes there are none.
 */
export function authenticate(
  scheme: string,
  auth: Uint8Array,
  superDigest: string | undefined,
): readonly Identity[] | undefined {
  if (scheme !== 'digest') return undefined
  const colon = auth.indexOf(COLON)
  // Without one the name is its own password, as in ZooKeeper.
  const user = textOf(colon < 0 ? auth : auth.subarray(0, colon))
  // No ACL may begin with a byte order mark, so nobody is of that name.
  if (user === undefined || user.startsWith('\ufeff')) return undefined
  const identity = identityOf(user, auth)
  if (identity.id.length > IDENTITY_UNITS_MAX) return undefined
  return identity.id === superDigest ? [SUPERUSER, identity] : [identity]
}

/** The session's identities with one more proof; adding one twice changes nothing. */
export function withProof(
  identities: readonly Identity[],
  scheme: unknown,
  auth: unknown,
  superDigest: string | undefined,
): readonly Identity[] {
  if (typeof scheme !== 'string')
    throw badArguments(`a scheme is a string, not ${describe(scheme)}`)
  const proof = typeof auth === 'string' ? Buffer.from(auth) : auth
  // Never described: it holds a password.
  if (!(proof instanceof Uint8Array))
    throw badArguments('what proves an identity is a string or bytes')
  // ZooKeeper takes a digest without a colon for a name that is its own password; more likely it is a password alone.
  const isNamed = scheme !== 'digest' || proof.includes(COLON)
  const proved = isNamed ? authenticate(scheme, proof, superDigest) : undefined
  if (proved === undefined) {
    throw new ZooKeeperError('AUTH_FAILED', `scheme ${describe(scheme)}: nothing is proved by that`)
  }
  const news = proved.filter(({ scheme: own, id }) => {
    return !identities.some((known) => known.scheme === own && known.id === id)
  })
  if (identities.length + news.length <= IDENTITIES_MAX) return [...identities, ...news]
  throw new ZooKeeperError('OVERLOADED', `a session has at most ${IDENTITIES_MAX} identities`)
}

/** Of a digest the user alone, as ZooKeeper's whoAmI shows it. */
export function shownIdentity({ scheme, id }: Identity): Identity {
  return { scheme, id: scheme === 'digest' ? id.slice(0, id.indexOf(':')) : id }
}

function identityOf(user: string, proof: Uint8Array): Identity {
  const hash = createHash('sha1').update(proof).digest('base64')
  return Object.freeze({ scheme: 'digest', id: `${user}:${hash}` })
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}
