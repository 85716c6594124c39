/** ACLs as ZooKeeper's own shell writes them: `scheme:id:perms,…`, perms of the letters cdrwa. */
import type { WireAcl } from '../gateway/jute/records.js'
import { usageFailure } from './failure.js'

const PERMS: Readonly<Record<string, number>> = { r: 1, w: 2, c: 4, d: 8, a: 16 }

/** Everybody may do everything. */
export const OPEN_ACL_TEXT = 'world:anyone:cdrwa'

/** The id may have colons in it (`digest:user:hash:rw`), and be empty (`auth::rw`). */
export function parseAcl(text: string): WireAcl[] {
  return text.split(',').map((entry) => {
    const [, scheme, id, letters] = /^([^:]+):(.*):([cdrwa]+)$/.exec(entry.trim()) ?? []
    if (scheme === undefined || id === undefined || letters === undefined) {
      throw usageFailure(`--acl ${entry}: expected SCHEME:ID:PERMS, perms of the letters cdrwa`)
    }
    let perms = 0
    for (const letter of letters) perms |= PERMS[letter] ?? 0
    return { perms, scheme, id }
  })
}
