/**
 * The order of checks: each request breaks two rules at once, and the one that ZooKeeper looks at first decides.
 *
 * @see org.apache.zookeeper.server.PrepRequestProcessor
 */
import type { Acl } from '../../lib/protocol/acl.js'
import { PERMS } from '../../lib/protocol/acl.js'
import { code } from './row.js'
import type { Row } from './row.js'

const READ_ONLY: readonly Acl[] = [{ perms: PERMS.READ, scheme: 'world', id: 'anyone' }]
const NOBODY: readonly Acl[] = [{ perms: PERMS.ALL, scheme: 'digest', id: 'nobody:x' }]
const INVALID: readonly Acl[] = [{ perms: PERMS.ALL, scheme: 'no-such-scheme', id: 'x' }]
const TTL_MS_MAX = 2 ** 40 - 1

const CREATE: readonly Row[] = [
  {
    rule: 'create: a time to live out of range before an invalid ACL',
    run: ({ client, base }) =>
      code(client.create(`${base}/a`, '', { ttl: TTL_MS_MAX + 1, acl: INVALID })),
    expect: 'BAD_ARGUMENTS',
  },
  {
    rule: 'create: an invalid ACL before a missing parent',
    run: ({ client, base }) => code(client.create(`${base}/none/a`, '', { acl: INVALID })),
    expect: 'INVALID_ACL',
  },
  {
    rule: 'create: an empty ACL is invalid',
    run: ({ client, base }) => code(client.create(`${base}/a`, '', { acl: [] })),
    expect: 'INVALID_ACL',
  },
  {
    rule: 'create: a missing parent before a bad path',
    run: ({ client, base }) => code(client.create(`${base}/none/./a`)),
    expect: 'NO_NODE',
    inProcess: 'BAD_ARGUMENTS',
  },
  {
    rule: 'create: no permission before a bad path',
    run: async ({ client, base }) => {
      await client.setACL(base, READ_ONLY)
      return code(client.create(`${base}/..`))
    },
    expect: 'NO_AUTH',
    inProcess: 'BAD_ARGUMENTS',
  },
  {
    rule: 'create: a bad path is refused',
    run: ({ client, base }) => code(client.create(`${base}/..`)),
    expect: 'BAD_ARGUMENTS',
  },
  {
    rule: 'create: no permission before an existing znode',
    run: async ({ client, base }) => {
      await client.create(`${base}/a`)
      await client.setACL(base, READ_ONLY)
      return code(client.create(`${base}/a`))
    },
    expect: 'NO_AUTH',
  },
  {
    rule: 'create: no permission before an ephemeral parent',
    run: async ({ client, base }) => {
      await client.create(`${base}/e`, '', { ephemeral: true, acl: READ_ONLY })
      return code(client.create(`${base}/e/a`))
    },
    expect: 'NO_AUTH',
  },
  {
    rule: 'create: an existing znode before a quota',
    run: async ({ client, base }) => {
      await client.create(`${base}/a`)
      await limit(client, base, 'countHardLimit=2')
      return code(client.create(`${base}/a`))
    },
    expect: 'NODE_EXISTS',
  },
  {
    rule: 'create: an ephemeral has no children',
    run: async ({ client, base }) => {
      await client.create(`${base}/e`, '', { ephemeral: true })
      return code(client.create(`${base}/e/a`))
    },
    expect: 'NO_CHILDREN_FOR_EPHEMERALS',
  },
  {
    rule: 'create: a hard quota of znodes is kept',
    run: async ({ client, base }) => {
      await limit(client, base, 'countHardLimit=2')
      await client.create(`${base}/a`)
      return code(client.create(`${base}/b`))
    },
    expect: 'QUOTA_EXCEEDED',
  },
  {
    rule: 'create: a hard quota of bytes is kept',
    run: async ({ client, base }) => {
      await limit(client, base, 'byteHardLimit=4')
      await client.create(`${base}/a`, '1234')
      return code(client.create(`${base}/b`, '5'))
    },
    expect: 'QUOTA_EXCEEDED',
  },
  {
    rule: 'create: the root exists',
    run: ({ client }) => code(client.create('/')),
    expect: 'NODE_EXISTS',
  },
  {
    rule: 'create: a burst of pipelined creates cannot overshoot a quota',
    run: async ({ client, base }) => {
      await limit(client, base, 'countHardLimit=3')
      const codes = [1, 2, 3, 4].map((n) => code(client.create(`${base}/${n}`)))
      return Promise.all(codes)
    },
    expect: ['OK', 'OK', 'QUOTA_EXCEEDED', 'QUOTA_EXCEEDED'],
  },
]

const DELETE: readonly Row[] = [
  {
    rule: 'delete: the root stays',
    run: ({ client }) => code(client.delete('/')),
    expect: 'BAD_ARGUMENTS',
  },
  {
    rule: 'delete: the system znodes stay',
    run: async ({ client }) => [
      await code(client.delete('/zookeeper')),
      await code(client.delete('/zookeeper/quota')),
      await code(client.delete('/zookeeper/config')),
    ],
    expect: ['BAD_ARGUMENTS', 'BAD_ARGUMENTS', 'BAD_ARGUMENTS'],
  },
  {
    rule: 'delete: no permission on the parent before a missing znode',
    run: async ({ client, base }) => {
      await client.setACL(base, READ_ONLY)
      return code(client.delete(`${base}/none`))
    },
    expect: 'NO_AUTH',
  },
  {
    rule: 'delete: a missing znode before its version',
    run: ({ client, base }) => code(client.delete(`${base}/none`, 7)),
    expect: 'NO_NODE',
  },
  {
    rule: 'delete: the version before the children',
    run: async ({ client, base }) => {
      await client.create(`${base}/a`)
      return code(client.delete(base, 7))
    },
    expect: 'BAD_VERSION',
  },
  {
    rule: 'delete: a znode with children stays',
    run: async ({ client, base }) => {
      await client.create(`${base}/a`)
      return code(client.delete(base))
    },
    expect: 'NOT_EMPTY',
  },
  {
    rule: 'delete: no permission on the znode itself is needed',
    run: async ({ client, base }) => {
      await client.create(`${base}/a`, '', { acl: NOBODY })
      return code(client.delete(`${base}/a`))
    },
    expect: 'OK',
  },
]

const SET: readonly Row[] = [
  {
    rule: 'setData: a bad path before a missing znode',
    run: ({ client, base }) => code(client.setData(`${base}/none/`, '')),
    expect: 'BAD_ARGUMENTS',
  },
  {
    rule: 'setData: a missing znode before its version',
    run: ({ client, base }) => code(client.setData(`${base}/none`, '', 7)),
    expect: 'NO_NODE',
  },
  {
    rule: 'setData: no permission before the version',
    run: async ({ client, base }) => {
      await client.create(`${base}/a`, '', { acl: READ_ONLY })
      return code(client.setData(`${base}/a`, '', 7))
    },
    expect: 'NO_AUTH',
  },
  {
    rule: 'setData: a quota before the version',
    run: async ({ client, base }) => {
      await client.create(`${base}/a`)
      await limit(client, base, 'byteHardLimit=3')
      return code(client.setData(`${base}/a`, '1234', 7))
    },
    expect: 'QUOTA_EXCEEDED',
  },
  {
    rule: 'setData: another version is refused',
    run: ({ client, base }) => code(client.setData(base, '', 7)),
    expect: 'BAD_VERSION',
  },
  {
    rule: 'setACL: a bad path before an invalid ACL',
    run: ({ client, base }) => code(client.setACL(`${base}/`, INVALID)),
    expect: 'BAD_ARGUMENTS',
  },
  {
    rule: 'setACL: an invalid ACL before a missing znode',
    run: ({ client, base }) => code(client.setACL(`${base}/none`, INVALID)),
    expect: 'INVALID_ACL',
  },
  {
    rule: 'setACL: `auth` of nobody in particular is invalid',
    run: ({ client, base }) => {
      return code(client.setACL(base, [{ perms: PERMS.ALL, scheme: 'auth', id: '' }]))
    },
    expect: 'INVALID_ACL',
  },
  {
    rule: 'setACL: a missing znode before its version',
    run: ({ client, base }) => code(client.setACL(`${base}/none`, READ_ONLY, 7)),
    expect: 'NO_NODE',
  },
  {
    rule: 'setACL: no permission before the version',
    run: async ({ client, base }) => {
      await client.setACL(base, READ_ONLY)
      return code(client.setACL(base, READ_ONLY, 7))
    },
    expect: 'NO_AUTH',
  },
  {
    rule: 'setACL: compares the version of the ACL, not that of the data',
    run: async ({ client, base }) => {
      await client.setData(base, 'x')
      const wrong = await code(client.setACL(base, READ_ONLY, 1))
      return [wrong, await code(client.setACL(base, READ_ONLY, 0))]
    },
    expect: ['BAD_VERSION', 'OK'],
  },
]

const CHECK: readonly Row[] = [
  {
    rule: 'check: a missing znode before its version',
    run: async ({ client, base }) => {
      return code(client.multi([{ kind: 'check', path: `${base}/none`, version: 7 }]))
    },
    expect: 'NO_NODE',
  },
  {
    rule: 'check: no permission before the version',
    run: async ({ client, base }) => {
      await client.create(`${base}/a`, '', { acl: NOBODY })
      return code(client.multi([{ kind: 'check', path: `${base}/a`, version: 7 }]))
    },
    expect: 'NO_AUTH',
  },
  {
    rule: 'check: another version is refused',
    run: ({ client, base }) => code(client.multi([{ kind: 'check', path: base, version: 7 }])),
    expect: 'BAD_VERSION',
  },
]

const READS: readonly Row[] = [
  {
    rule: 'exists: of a missing znode nobody needs a permission',
    run: async ({ client, base }) => {
      await client.setACL(base, NOBODY)
      return (await client.exists(`${base}/none`)) === undefined
    },
    expect: true,
  },
  {
    rule: 'exists: of a znode that nobody may read is refused',
    run: async ({ client, base }) => {
      await client.create(`${base}/a`, '', { acl: NOBODY })
      return code(client.exists(`${base}/a`))
    },
    expect: 'NO_AUTH',
  },
  {
    rule: 'getData: a missing znode before the permission on its parent',
    run: async ({ client, base }) => {
      await client.setACL(base, NOBODY)
      return code(client.getData(`${base}/none`))
    },
    expect: 'NO_NODE',
  },
  {
    rule: 'getData and getChildren need READ',
    run: async ({ client, base }) => {
      await client.create(`${base}/a`, '', { acl: NOBODY })
      return [await code(client.getData(`${base}/a`)), await code(client.getChildren(`${base}/a`))]
    },
    expect: ['NO_AUTH', 'NO_AUTH'],
  },
  {
    rule: 'getACL needs READ or ADMIN',
    run: async ({ client, base }) => {
      const admin = [{ perms: PERMS.ADMIN, scheme: 'world', id: 'anyone' }]
      await client.create(`${base}/a`, '', { acl: admin })
      await client.create(`${base}/b`, '', { acl: NOBODY })
      return [await code(client.getACL(`${base}/a`)), await code(client.getACL(`${base}/b`))]
    },
    expect: ['OK', 'NO_AUTH'],
  },
]

export const ORDER_ROWS: readonly Row[] = [...CREATE, ...DELETE, ...SET, ...CHECK, ...READS]

/** Sets a quota as ZooKeeper's own tool does: with znodes. */
async function limit(
  client: Parameters<Row['run']>[0]['client'],
  path: string,
  text: string,
): Promise<void> {
  const place = `/zookeeper/quota${path}`
  await client.create(place)
  await client.create(`${place}/zookeeper_limits`, `count=-1,bytes=-1=;${text}`)
  await client.create(`${place}/zookeeper_stats`, 'count=0,bytes=0')
}
