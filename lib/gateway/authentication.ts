/** Who a client proves to be, beside its address, which every connection has from the start. */
import { authenticate } from '../session/auth.js'
import type { Identity } from '../session/remote.js'
import { IDENTITIES_MAX } from './bounds.js'

/**
 * What a connection is after one more proof: `undefined` if it proves nothing, or if there would be too many.
 *
 * @param superDigest  `user:hash` of whoever may do everything.
 */
export function proveMore(
  known: readonly Identity[],
  scheme: string,
  auth: Uint8Array | undefined,
  superDigest: string | undefined,
): readonly Identity[] | undefined {
  // Nothing to prove, as in ZooKeeper: the address is known.
  if (scheme === 'ip') return known
  const proved = auth === undefined ? undefined : authenticate(scheme, auth, superDigest)
  if (proved === undefined) return undefined
  const more = [...known, ...proved.filter((identity) => !isKnown(known, identity))]
  return more.length > IDENTITIES_MAX ? undefined : more
}

function isKnown(known: readonly Identity[], { scheme, id }: Identity): boolean {
  return known.some((other) => other.scheme === scheme && other.id === id)
}
