/**
 * What is sent to the socket of a running replica by those who have no business there: each loses its own
 * socket, and the ensemble does not notice. (Every malformed byte has its test beside the transport.)
 */
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { join } from 'node:path'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { PROTOCOL_VERSION } from '../../lib/protocol/member.js'
import type { Member } from '../../lib/protocol/member.js'
import { encodeHello } from '../../lib/transport/handshake.js'
import type { JoinOptions } from '../../lib/session/join-options.js'
import { listed } from './listed.js'
import { Remote, RemoteError, agreed, ensemble, sorted } from './remote.js'
import type { RemoteOptions } from './remote.js'
import { eventually, temporaryDirectory } from './support.js'

const DEBUG: RemoteOptions = { env: { DEBUG: 'vivarium:transport', DEBUG_COLORS: 'no' } }

function framed(bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt32BE(bytes.length)
  return Buffer.concat([head, bytes])
}

/** Writes the bytes and resolves once the replica has ended the socket. */
function send(path: string, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(path, () => socket.write(bytes))
    socket.on('error', () => undefined)
    socket.on('data', () => undefined)
    socket.once('close', () => resolve())
  })
}

function hello(changes: Partial<Member>, isSecured = false): Buffer {
  const member: Member = {
    protocol: PROTOCOL_VERSION,
    clusterId: 'another cluster',
    replicaId: 2,
    voterIds: [1, 2, 3],
    databaseId: 'another database',
    incarnation: 1,
    incarnationKey: 1,
    role: 'voter',
    empty: false,
    process: undefined,
    ...changes,
  }
  const nonce = randomBytes(16)
  return framed(encodeHello({ member, nonce, answers: undefined, isSecured }))
}

async function expectUndisturbed(t: ExecutionContext, remotes: readonly Remote[]): Promise<void> {
  const before = await remotes[0]!.call('status')
  await remotes[1]!.call('create', '/after', '')
  await agreed(remotes)
  t.is((await remotes[0]!.call('status')).epoch, before.epoch)
  for (const remote of remotes) t.false(remote.isEnded)
}

test('garbage, oversize frames and other protocols end their own socket only, and are logged with a reason', async (t) => {
  const dir = temporaryDirectory(t)
  const remotes = await ensemble(t, dir, DEBUG)
  const [leader] = await sorted(remotes)
  const path = join(dir, `${leader.id}.sock`)
  const before = await leader.call('status')

  const cases: readonly [Uint8Array, RegExp][] = [
    [Buffer.from('GET / HTTP/1.1\r\n\r\n'), /FRAME_TOO_LARGE/],
    [Buffer.from([0xff, 0xff, 0xff, 0xff]), /FRAME_TOO_LARGE/],
    [Buffer.alloc(4), /FRAME_EMPTY/],
    [framed(randomBytes(100)), /NOT_A_MEMBER/],
    [framed(Buffer.from('vivariumX')), /BAD_HANDSHAKE/],
    [
      hello({ protocol: PROTOCOL_VERSION + 1 }),
      new RegExp(`PROTOCOL_VERSION.*version ${PROTOCOL_VERSION + 1}`),
    ],
    [hello({ replicaId: 77 }), /UNKNOWN_PEER/],
    [hello({ replicaId: leader.id }), /UNKNOWN_PEER.*itself/],
    [hello({ replicaId: (leader.id % 3) + 1 }, true), /BAD_PROOF/],
  ]
  for (const [bytes, reason] of cases) {
    const known = leader.output.length
    await send(path, bytes)
    await eventually(String(reason), () => reason.test(leader.output.slice(known)))
    t.pass()
  }
  await Promise.all(Array.from({ length: 200 }, () => send(path, randomBytes(64))))
  await expectUndisturbed(t, remotes)
  t.is((await leader.call('status')).epoch, before.epoch)
})

test('a directory of another cluster is refused by name, and the cluster it came to does not notice', async (t) => {
  const one = temporaryDirectory(t)
  const two = temporaryDirectory(t)
  const [first, second] = await Promise.all([one, two].map((dir) => members(t, dir)))
  await first![2]!.close()
  await Promise.all(second!.map((remote) => remote.close()))
  // Replica 3 of the second cluster comes with the addresses of the first.
  const lost = Remote.start(t)
  const joining = lost.join({ ...listed(one, 3), dir: listed(two, 3).dir })
  const error = await t.throwsAsync(joining, { instanceOf: RemoteError })
  t.is(error?.code, 'FOREIGN_CLUSTER')
  t.regex(error?.message ?? '', /replica 1 was refused: it belongs to cluster .*, this one to/)
  t.is(await lost.release(), 0)

  await first![1]!.call('create', '/after', '')
  await agreed(first!.slice(0, 2))
  const back = await Remote.join(t, listed(one, 3))
  t.true(await back.call('exists', '/after'))
})

const MISFITS: readonly [string, (options: JoinOptions) => JoinOptions, RegExp][] = [
  ['another secret', (options) => ({ ...options, secret: 'wrong' }), /refused: .*secret|proof/],
  [
    'another list of peers',
    (options) => ({ ...options, peers: { ...options.peers, 4: 'unix:/nowhere' } }),
    /refused: .*its voters are 1, 2, 3; here they are 1, 2, 3, 4/,
  ],
]

for (const [what, change, reason] of MISFITS) {
  test(`a member with ${what} is not let in, and both sides can say why`, async (t) => {
    const dir = temporaryDirectory(t)
    const two = await Promise.all(
      [1, 2].map(async (id) => {
        const remote = Remote.start(t)
        await remote.join({ ...listed(dir, id), secret: 'right', readOnly: true })
        return remote
      }),
    )
    const misfit = Remote.start(t)
    await misfit.join({ ...change({ ...listed(dir, 3), secret: 'right' }), readOnly: true })
    await eventually('it says why it waits', async () => {
      return reason.test((await misfit.call('status')).waitingFor ?? '')
    })
    await eventually('they say why they wait', async () => {
      return /refused: /.test((await two[0]!.call('status')).waitingFor ?? '')
    })
    t.false((await two[0]!.call('status')).connected.includes(3))
    t.is(await misfit.close(), 0)
  })
}

function members(t: ExecutionContext, dir: string): Promise<Remote[]> {
  return Promise.all([1, 2, 3].map((id) => Remote.join(t, listed(dir, id), DEBUG)))
}
