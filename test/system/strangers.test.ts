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
import { Remote, agreed, ensemble, listed, sorted } from './remote.js'
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
    [hello({ protocol: PROTOCOL_VERSION + 1 }), /PROTOCOL_VERSION.*version 2/],
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

test('replicas of two clusters do not mix, and say so', async (t) => {
  const one = temporaryDirectory(t)
  const two = temporaryDirectory(t)
  const [first, second] = await Promise.all([one, two].map((dir) => members(t, dir)))
  const stranger = second![2]!
  await Promise.all(first!.map((remote) => remote.call('sync')))
  await Promise.all(second!.map((remote) => remote.call('sync')))
  await first![2]!.close()
  await stranger.close()
  // Replica 3 of the second cluster comes with the addresses of the first.
  const options = { ...listed(one, 3), dir: listed(two, 3).dir }
  const lost = Remote.start(t, DEBUG)
  const joining = t.throwsAsync(lost.join(options))
  await eventually('it is told', () => /cluster/.test(first![0]!.output + lost.output))
  await first![1]!.call('create', '/after', '')
  t.true(await first![1]!.call('exists', '/after'))
  await lost.kill()
  await joining
})

function members(t: ExecutionContext, dir: string): Promise<Remote[]> {
  return Promise.all([1, 2, 3].map((id) => Remote.join(t, listed(dir, id), DEBUG)))
}
