/** Stats, sequence numbers, versions, and who may do what. */
import { createHash } from 'node:crypto'
import { PERMS } from '../../lib/protocol/acl.js'
import type { Stat } from './client.js'
import { code } from './row.js'
import type { Row } from './row.js'

/** Names of the fields in which the two differ. */
function changed(before: Stat, after: Stat | undefined): string[] {
  if (after === undefined) return ['gone']
  return Object.entries(before)
    .filter(([name, value]) => Object.entries(after).some(([n, v]) => n === name && v !== value))
    .map(([name]) => name)
    .filter((name) => name !== 'mtime')
    .sort()
}

const STATS: readonly Row[] = [
  {
    rule: 'a new znode has one zxid three times, and every version 0',
    run: async ({ client, base }) => {
      const { stat } = await client.create(`${base}/a`, 'abc')
      const { czxid, mzxid, pzxid, ...rest } = stat
      const { version, cversion, aversion, ephemeralOwner, dataLength, numChildren } = rest
      const times = rest.ctime === rest.mtime && rest.ctime > 1e12
      const zxids = czxid > 0 && czxid === mzxid && czxid === pzxid
      return [zxids, times, version, cversion, aversion, ephemeralOwner, dataLength, numChildren]
    },
    expect: [true, true, 0, 0, 0, 0, 3, 0],
  },
  {
    rule: 'setData changes version, mzxid and length, and nothing else',
    run: async ({ client, base }) => {
      const before = await client.exists(base)
      const after = await client.setData(base, 'abc')
      return before && [changed(before, after), after.version]
    },
    expect: [['dataLength', 'mzxid', 'version'], 1],
  },
  {
    rule: 'setting the same data is a change',
    run: async ({ client, base }) => {
      await client.setData(base, 'x')
      return (await client.setData(base, 'x')).version
    },
    expect: 2,
  },
  {
    rule: 'setACL changes aversion and nothing else',
    run: async ({ client, base }) => {
      const before = await client.exists(base)
      const all = [{ perms: PERMS.ALL, scheme: 'world', id: 'anyone' }]
      const after = await client.setACL(base, all)
      return before && [changed(before, after), after.aversion]
    },
    expect: [['aversion'], 1],
  },
  {
    rule: 'creating a child changes pzxid, cversion and the number of children of its parent',
    run: async ({ client, base }) => {
      const before = await client.exists(base)
      const child = await client.create(`${base}/a`)
      const after = await client.exists(base)
      return (
        before &&
        after && [changed(before, after), after.pzxid === child.stat.czxid, after.cversion]
      )
    },
    expect: [['cversion', 'numChildren', 'pzxid'], true, 1],
  },
  {
    rule: 'deleting a child counts once more',
    run: async ({ client, base }) => {
      await client.create(`${base}/a`)
      const before = await client.exists(base)
      await client.delete(`${base}/a`)
      const after = await client.exists(base)
      return before && after && [changed(before, after), after.cversion, after.numChildren]
    },
    expect: [['cversion', 'numChildren', 'pzxid'], 2, 0],
  },
  {
    rule: 'a grandchild changes nothing',
    run: async ({ client, base }) => {
      await client.create(`${base}/a`)
      const before = await client.exists(base)
      await client.create(`${base}/a/b`)
      return before && changed(before, await client.exists(base))
    },
    expect: [],
  },
  {
    rule: 'an ephemeral shows its owner, containers and znodes with a time to live show none',
    run: async ({ client, base }) => {
      const mine = await client.create(`${base}/e`, '', { ephemeral: true })
      const container = await client.create(`${base}/c`, '', { container: true })
      const ttl = await client.create(`${base}/t`, '', { ttl: 60_000 })
      const owners = [container, ttl].map(({ stat }) => stat.ephemeralOwner)
      return [mine.stat.ephemeralOwner === client.id, ...owners]
    },
    expect: [true, 0, 0],
  },
  {
    rule: 'a request that fails changes nothing',
    run: async ({ client, base }) => {
      const before = await client.exists(base)
      await code(client.setData(base, 'x', 7))
      await code(client.create(`${base}/e/f`))
      return before && changed(before, await client.exists(base))
    },
    expect: [],
  },
  {
    rule: 'children of a session that ends are deleted in one zxid',
    run: async ({ client, base, other }) => {
      const mortal = await other()
      await mortal.create(`${base}/a`, '', { ephemeral: true })
      await mortal.create(`${base}/b`, '', { ephemeral: true })
      await mortal.close()
      await client.sync('/')
      const stat = await client.exists(base)
      return [stat?.numChildren, stat?.cversion]
    },
    expect: [0, 4],
  },
]

const SEQUENCES: readonly Row[] = [
  {
    rule: 'sequence numbers have ten digits and begin at 0',
    run: async ({ client, base }) => {
      const { path } = await client.create(`${base}/n-`, '', { sequential: true })
      return path.slice(base.length)
    },
    expect: '/n-0000000000',
  },
  {
    rule: 'every creation counts, whatever its name; deletions and failures do not',
    run: async ({ client, base }) => {
      await client.create(`${base}/a`)
      await client.delete(`${base}/a`)
      await client.create(`${base}/b`)
      await code(client.create(`${base}/b`))
      const { path } = await client.create(`${base}/n-`, '', { sequential: true })
      return path.slice(base.length)
    },
    expect: '/n-0000000002',
  },
  {
    rule: 'a multi that is rolled back leaves no gap',
    run: async ({ client, base }) => {
      const flags = { sequential: true }
      const bad = { kind: 'check', path: `${base}/none`, version: -1 } as const
      await code(client.multi([{ kind: 'create', path: `${base}/n-`, flags }, bad]))
      const { path } = await client.create(`${base}/n-`, '', flags)
      return path.slice(base.length)
    },
    expect: '/n-0000000000',
  },
  {
    rule: 'a new life of the parent begins at 0 again',
    run: async ({ client, base }) => {
      await client.create(`${base}/p`)
      await client.create(`${base}/p/a`)
      await client.delete(`${base}/p/a`)
      await client.delete(`${base}/p`)
      await client.create(`${base}/p`)
      const { path } = await client.create(`${base}/p/`, '', { sequential: true })
      return path.slice(base.length)
    },
    expect: '/p/0000000000',
  },
]

const RETENTION: readonly Row[] = [
  {
    rule: 'a container goes some time after its last child',
    run: async ({ client, base, until }) => {
      await client.create(`${base}/c`, '', { container: true })
      await client.create(`${base}/c/a`)
      await client.delete(`${base}/c/a`)
      await until(async () => (await client.exists(`${base}/c`)) === undefined)
      return 'gone'
    },
    expect: 'gone',
  },
  {
    rule: 'a znode with a time to live goes when it has been left alone for so long, and not with children',
    run: async ({ client, base, until }) => {
      await client.create(`${base}/t`, '', { ttl: 100 })
      await client.create(`${base}/kept`, '', { ttl: 100 })
      await client.create(`${base}/kept/a`)
      await until(async () => (await client.exists(`${base}/t`)) === undefined)
      return (await client.exists(`${base}/kept`)) !== undefined
    },
    expect: true,
  },
]

function digest(user: string, password: string): string {
  return `${user}:${createHash('sha1').update(`${user}:${password}`).digest('base64')}`
}

const ACCESS: readonly Row[] = [
  {
    rule: 'a znode without an ACL is open to everybody',
    run: async ({ client, base }) => (await client.getACL(base)).acl,
    expect: [{ perms: 31, scheme: 'world', id: 'anyone' }],
  },
  {
    rule: 'who knows the password may',
    run: async ({ client, base, other }) => {
      const owner = await other()
      await owner.addAuth('digest', 'ann:secret')
      const acl = [{ perms: PERMS.ALL, scheme: 'digest', id: digest('ann', 'secret') }]
      await owner.create(`${base}/a`, 'x', { acl })
      return [await code(client.getData(`${base}/a`)), await code(owner.getData(`${base}/a`))]
    },
    expect: ['NO_AUTH', 'OK'],
  },
  {
    rule: '`auth` stands for whoever creates the znode',
    run: async ({ base, other }) => {
      const owner = await other()
      await owner.addAuth('digest', 'ann:secret')
      await owner.create(`${base}/a`, '', { acl: [{ perms: 31, scheme: 'auth', id: '' }] })
      return (await owner.getACL(`${base}/a`)).acl
    },
    expect: [{ perms: 31, scheme: 'digest', id: digest('ann', 'secret') }],
  },
  {
    rule: 'without ADMIN the hash of a password is not shown',
    run: async ({ client, base, other }) => {
      const owner = await other()
      await owner.addAuth('digest', 'ann:secret')
      const world = { perms: PERMS.READ, scheme: 'world', id: 'anyone' }
      await owner.create(`${base}/a`, '', { acl: [world, { perms: 31, scheme: 'auth', id: '' }] })
      return (await client.getACL(`${base}/a`)).acl
    },
    expect: [
      { perms: 1, scheme: 'world', id: 'anyone' },
      { perms: 31, scheme: 'digest', id: 'ann:x' },
    ],
  },
  {
    rule: 'the same entry twice is kept once',
    run: async ({ client, base }) => {
      const world = { perms: PERMS.ALL, scheme: 'world', id: 'anyone' }
      await client.setACL(base, [world, world])
      return (await client.getACL(base)).acl.length
    },
    expect: 1,
  },
  {
    rule: 'ACLs are not inherited',
    run: async ({ client, base }) => {
      const { CREATE, READ } = PERMS
      await client.setACL(base, [{ perms: CREATE + READ, scheme: 'world', id: 'anyone' }])
      await client.create(`${base}/a`)
      return [await code(client.setData(base, 'x')), await code(client.setData(`${base}/a`, 'x'))]
    },
    expect: ['NO_AUTH', 'OK'],
  },
  {
    rule: 'a session is everybody it has proved to be',
    run: async ({ other }) => {
      const both = await other()
      await both.addAuth('digest', 'ann:secret')
      await both.addAuth('digest', 'bob:secret')
      const names = (await both.whoAmI()).filter((name) => name.startsWith('digest'))
      return names.sort()
    },
    expect: ['digest:ann', 'digest:bob'],
  },
]

const LISTS: readonly Row[] = [
  {
    rule: 'getEphemerals lists this session’s own, by plain prefix',
    run: async ({ client, base, other }) => {
      const owner = await other()
      for (const name of ['a', 'ab', 'b']) {
        await owner.create(`${base}/${name}`, '', { ephemeral: true })
      }
      await client.create(`${base}/ac`, '', { ephemeral: true })
      const paths = await owner.getEphemerals(`${base}/a`)
      return paths.map((path) => path.slice(base.length)).sort()
    },
    expect: ['/a', '/ab'],
  },
  {
    rule: 'getAllChildrenNumber counts everything below',
    run: async ({ client, base }) => {
      await client.create(`${base}/a`)
      await client.create(`${base}/a/b`)
      await client.create(`${base}/c`)
      return client.getAllChildrenNumber(base)
    },
    expect: 3,
  },
]

export const STATE_ROWS: readonly Row[] = [
  ...STATS,
  ...SEQUENCES,
  ...RETENTION,
  ...ACCESS,
  ...LISTS,
]
