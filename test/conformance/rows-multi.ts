/** Multi: all or nothing, in one zxid, each operation against what those before it did. */
import { code } from './row.js'
import type { Row } from './row.js'

export const MULTI_ROWS: readonly Row[] = [
  {
    rule: 'multi: an empty one succeeds',
    run: ({ client }) => client.multi([]),
    expect: [],
  },
  {
    rule: 'multi: each operation sees what those before it did',
    run: async ({ client, base }) => {
      const results = await client.multi([
        { kind: 'create', path: `${base}/a` },
        { kind: 'create', path: `${base}/a/b` },
        { kind: 'setData', path: `${base}/a`, data: 'x', version: 0 },
        { kind: 'check', path: `${base}/a`, version: 1 },
        { kind: 'delete', path: `${base}/a/b`, version: 0 },
      ])
      return results.map((result) => String(result).replace(base, ''))
    },
    expect: ['/a', '/a/b', 'setData', 'check', 'delete'],
  },
  {
    rule: 'multi: everything has one zxid',
    run: async ({ client, base }) => {
      await client.multi([
        { kind: 'create', path: `${base}/a` },
        { kind: 'create', path: `${base}/b` },
        { kind: 'setData', path: base, data: 'x', version: -1 },
      ])
      const stats = await Promise.all(['/a', '/b', ''].map((name) => client.exists(base + name)))
      return new Set([stats[0]?.czxid, stats[1]?.czxid, stats[2]?.mzxid, stats[2]?.pzxid]).size
    },
    expect: 1,
  },
  {
    rule: 'multi: a failure tells 0 before it, its own number, and −2 after it; nothing is applied',
    run: async ({ client, base }) => {
      const failure = client.multi([
        { kind: 'create', path: `${base}/a` },
        { kind: 'check', path: base, version: 7 },
        { kind: 'create', path: `${base}/none/x` },
      ])
      const results = await failure.then(
        () => 'OK',
        (error: { results?: unknown }) => error.results,
      )
      return [results, await client.exists(`${base}/a`)]
    },
    expect: [[0, -103, -2], undefined],
  },
  {
    rule: 'multi: a failure takes the change of the parent back too',
    run: async ({ client, base }) => {
      await code(
        client.multi([
          { kind: 'create', path: `${base}/a` },
          { kind: 'delete', path: `${base}/none`, version: -1 },
        ]),
      )
      const stat = await client.exists(base)
      return [stat?.cversion, stat?.numChildren, stat?.pzxid === stat?.czxid]
    },
    expect: [0, 0, true],
  },
  {
    rule: 'multi: two sequential children get two numbers',
    run: async ({ client, base }) => {
      const flags = { sequential: true }
      const results = await client.multi([
        { kind: 'create', path: `${base}/n-`, flags },
        { kind: 'create', path: `${base}/n-`, flags },
      ])
      return results.map((result) => String(result).slice(base.length))
    },
    expect: ['/n-0000000000', '/n-0000000001'],
  },
  {
    rule: 'multi: containers, times to live and ephemerals may be created in one',
    run: async ({ client, base }) => {
      const results = await client.multi([
        { kind: 'create', path: `${base}/c`, flags: { container: true } },
        { kind: 'create', path: `${base}/t`, flags: { ttl: 60_000 } },
        { kind: 'create', path: `${base}/e`, flags: { ephemeral: true } },
      ])
      const owner = (await client.exists(`${base}/e`))?.ephemeralOwner
      return [results.length, owner === client.id]
    },
    expect: [3, true],
  },
]
