/** Who the sessions of the workload are, and what lists and times of life they give to znodes. */
import { createHash } from 'node:crypto'
import type { Random } from '../../lib/base/random.js'
import { OPEN_ACL, PERMS } from '../../lib/protocol/acl.js'
import type { Acl, Identity } from '../../lib/protocol/acl.js'
import { CONTAINER } from '../../lib/protocol/retention.js'
import type { Retention } from '../../lib/protocol/retention.js'
import type { WorkloadOptions } from './options.js'

/** Somebody, and what proves it. */
export interface Person {
  readonly proof: string
  readonly identity: Identity
}

export const PEOPLE: readonly Person[] = ['ann', 'bob'].map((user) => {
  const proof = `${user}:secret`
  const hash = createHash('sha1').update(proof).digest('base64')
  return { proof, identity: { scheme: 'digest', id: `${user}:${hash}` } }
})

/** Nobody in particular, as often as anybody else. */
export function drawPerson(random: Random): Person | undefined {
  return random.pick([undefined, ...PEOPLE])
}

/** Mostly lists that leave something to everybody, or else nothing would happen any more; some are refused. */
export function drawAcl(random: Random): readonly Acl[] {
  const { identity } = random.pick(PEOPLE)
  const world = (perms: number): Acl => ({ perms, scheme: 'world', id: 'anyone' })
  return random.pick<readonly Acl[]>([
    OPEN_ACL,
    OPEN_ACL,
    [{ perms: PERMS.ALL, ...identity }],
    [world(PERMS.READ), { perms: PERMS.ALL, ...identity }],
    [world(PERMS.ALL - PERMS.CREATE), { perms: PERMS.CREATE, ...identity }],
    [world(PERMS.WRITE | PERMS.CREATE | PERMS.DELETE), { perms: PERMS.ADMIN, ...identity }],
    [{ perms: PERMS.ALL, scheme: 'auth', id: '' }],
    [world(PERMS.READ), { perms: PERMS.ALL, scheme: 'digest', id: 'nobody' }],
  ])
}

/** Of a znode that no session owns; `undefined` of most. */
export function drawRetention(
  random: Random,
  { retained, ttlsMs }: WorkloadOptions,
): Retention | undefined {
  if (!random.chance(retained)) return undefined
  return random.chance(0.4) ? CONTAINER : random.pick(ttlsMs)
}
