/**
 * Where a gateway may answer otherwise than Apache ZooKeeper 3.8.0 does, and how such lines are made equal before they
 * are compared: one rule per entry of docs/divergence.md, by the same name.
 */
import type { AclEntry } from './ask.js'
import type { Line } from './normalize.js'

type Reply = Extract<Line, { readonly kind: 'reply' }>

export interface Rule {
  /** The entry of docs/divergence.md. */
  readonly name: string
  /** @returns both lines as they may stand side by side; the same objects where the rule does not apply. */
  apply(expected: Line, actual: Line): readonly [expected: Line, actual: Line]
}

export const RULES: readonly Rule[] = [
  {
    name: 'notification-zxid',
    apply: (expected, actual) => [withoutEventZxid(expected), withoutEventZxid(actual)],
  },
  {
    name: 'create2-in-multi',
    apply: (expected, actual) => [pathsOnly(expected), pathsOnly(actual)],
  },
  {
    name: 'auth-order',
    apply: (expected, actual) => [digestsSorted(expected), digestsSorted(actual)],
  },
  {
    name: 'exists-needs-read',
    apply: (expected, actual) =>
      isReply(expected) &&
      isReply(actual) &&
      expected.ask.op === 'exists' &&
      expected.err === 0 &&
      actual.err === -102
        ? [actual, actual]
        : [expected, actual],
  },
]

/** @param used Counts how often each rule changed a line. */
export function withoutDivergences(
  expected: Line,
  actual: Line,
  used: Map<string, number>,
): readonly [expected: Line, actual: Line] {
  let pair: readonly [Line, Line] = [expected, actual]
  for (const rule of RULES) {
    const next = rule.apply(...pair)
    if (next[0] !== pair[0] || next[1] !== pair[1]) {
      used.set(rule.name, (used.get(rule.name) ?? 0) + 1)
    }
    pair = next
  }
  return pair
}

function isReply(line: Line): line is Reply {
  return line.kind === 'reply'
}

function withoutEventZxid(line: Line): Line {
  return line.kind === 'event' ? { ...line, zxid: '-' } : line
}

/** What a create2 inside a multi returns, as if it were a create. */
function pathsOnly(line: Line): Line {
  if (!isReply(line) || line.ask.op !== 'multi') return line
  const { asks } = line.ask
  const results: unknown = line.body?.['results']
  if (!Array.isArray(results) || !asks.some((ask) => ask.op === 'create2')) return line
  const cut = (results as readonly { readonly type: number; readonly path?: string }[]).map(
    (result, index) =>
      asks[index]?.op === 'create2' && result.type !== -1 ? { path: result.path } : result,
  )
  return { ...line, body: { ...line.body, results: cut } }
}

/** What `auth` stands for: the digests that the session had, in the order of a hash table. */
function digestsSorted(line: Line): Line {
  const acl: unknown = isReply(line) && line.ask.op === 'getAcl' ? line.body?.['acl'] : undefined
  if (!isReply(line) || !Array.isArray(acl)) return line
  const entries = acl as readonly AclEntry[]
  const sorted: AclEntry[] = []
  const run: AclEntry[] = []
  for (const entry of entries) {
    const [perms, scheme] = run[0] ?? entry
    if (entry[0] !== perms || entry[1] !== scheme) sorted.push(...run.splice(0).toSorted(byId))
    if (entry[1] === 'digest') run.push(entry)
    else sorted.push(entry)
  }
  sorted.push(...run.toSorted(byId))
  const isSame = sorted.every((entry, index) => entry === entries[index])
  return isSame ? line : { ...line, body: { ...line.body, acl: sorted } }
}

function byId([, , left]: AclEntry, [, , right]: AclEntry): number {
  return left < right ? -1 : 1
}
