/**
 * The one failure of apply that is not a broken invariant of this process: its state is not the
 * leader's.
 */
import { formatZxid } from '../protocol/zxid.js'
import type { Zxid } from '../protocol/zxid.js'
import type { Digest } from './txn.js'

/**
 * After the txn at `zxid` the state has another digest than the leader computed. The tree it was
 * thrown from must not be used any further: stop serving, load again (promise P9).
 */
export class DivergenceError extends Error {
  override readonly name = 'DivergenceError'
  readonly zxid: Zxid
  readonly expected: Digest
  readonly found: Digest

  constructor(zxid: Zxid, expected: Digest, found: Digest) {
    super(`diverged at ${formatZxid(zxid)}: expected digest ${expected}, found ${found}`)
    this.zxid = zxid
    this.expected = expected
    this.found = found
  }
}
