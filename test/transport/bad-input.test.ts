/**
 * What strangers and broken peers send to a replica's socket. Each case ends that socket, is counted and
 * named, and nobody else notices: a good link stays up through all of it.
 */
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { Random } from '../../lib/base/random.js'
import { PROTOCOL_VERSION } from '../../lib/protocol/member.js'
import { encodeAnswer, encodeWelcome } from '../../lib/transport/handshake.js'
import {
  SocketTransport,
  UNPROVEN_SOCKETS_MAX,
  type SocketTransportOptions,
} from '../../lib/transport/socket-transport.js'
import type { Refusal } from '../../lib/transport/transport.js'
import { FakePeer, framed, lengthOf } from './fake-peer.js'
import { Recorder, memberOf, temporaryDirectory } from './support.js'

interface Scene {
  readonly t: ExecutionContext
  readonly transport: SocketTransport
  readonly host: Recorder
  readonly peer: FakePeer
}

/** Replica 1 is real; its peer 2 is made by hand; peer 3 never comes. */
function scene(
  title: string,
  body: (scene: Scene) => Promise<void>,
  options: Partial<SocketTransportOptions> & { peerSecret?: Uint8Array } = {},
): void {
  test(title, async (t) => {
    const directory = temporaryDirectory()
    const path = (id: number): string => join(directory.path, `${id}.sock`)
    const { peerSecret, ...changes } = options
    const secret = peerSecret ?? changes.secret
    const peer = FakePeer.create({
      path: path(2),
      targetPath: path(1),
      ...(secret === undefined ? {} : { secret }),
    })
    const transport = new SocketTransport({
      identity: () => memberOf(1),
      accept: () => undefined,
      listen: `unix:${path(1)}`,
      peers: new Map([1, 2, 3].map((id) => [id, `unix:${path(id)}`])),
      frameBytesMax: 1 << 20,
      queueBytesMax: 4 << 20,
      ...changes,
    })
    const host = new Recorder()
    try {
      await transport.start(host)
      await body({ t, transport, host, peer })
    } finally {
      await transport.close()
      await peer.close()
      directory.remove()
    }
    t.deepEqual(host.violations, [])
    t.is(transport.refusals, host.refusals.length)
  })
}

/** Sends bytes on a socket of their own, beside a good link, and expects that refusal and nothing else. */
async function expectRefusal(scene: Scene, bytes: Uint8Array, refusal: Refusal): Promise<void> {
  const { t, host, peer } = scene
  const before = host.refusals.length
  const wire = peer.open()
  wire.socket.write(bytes)
  await wire.ended
  await host.until(() => host.refusals.length > before, refusal)
  t.deepEqual(host.refusals.slice(before), [refusal])
}

async function expectUndisturbed(
  { t, host, peer }: Scene,
  work: () => Promise<void>,
): Promise<void> {
  const pair = await peer.pair()
  await work()
  pair.own.write(Buffer.from('still here'))
  await host.until(() => host.frames.includes('still here'))
  t.is(host.of('up').length, 1)
  t.is(host.of('down').length, 0)
}

const NOT_FRAMES: readonly [string, Uint8Array][] = [
  ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
  ['a TLS hello', Buffer.from('16030100c8010000c40303', 'hex')],
  ['a four letter word', Buffer.from('ruok')],
  ['a length just above the bound', lengthOf(4097)],
  ['a length of 2^31 - 1', lengthOf(2 ** 31 - 1)],
  ['a length of 2^31', lengthOf(2 ** 31)],
  ['a length of 2^32 - 1', lengthOf(2 ** 32 - 1)],
]

for (const [what, bytes] of NOT_FRAMES) {
  scene(`${what} is refused at its first four bytes`, async (given) => {
    await expectUndisturbed(given, () => expectRefusal(given, bytes, 'FRAME_TOO_LARGE'))
  })
}

scene('a frame of no bytes is refused', async (given) => {
  await expectUndisturbed(given, () => expectRefusal(given, lengthOf(0), 'FRAME_EMPTY'))
})

scene('random garbage is refused, whatever it is', async (given) => {
  const random = new Random(7)
  const { host, peer } = given
  await expectUndisturbed(given, async () => {
    for (let round = 0; round < 100; round++) {
      const bytes = Buffer.from(Array.from({ length: 64 }, () => random.integer(256)))
      // Half of them in a frame of a right length, so that they get further.
      const wire = peer.open()
      wire.socket.end(round % 2 === 0 ? bytes : framed(bytes))
      await wire.ended
    }
    await host.until(() => host.refusals.length === 100, '100 refusals')
  })
})

scene('a frame that is no handshake is refused', async (given) => {
  const { peer } = given
  const hello = peer.hello()
  const changed = (at: number, value: number): Uint8Array => {
    const copy = Buffer.from(hello)
    copy[at] = value
    return copy
  }
  const withMember = (text: string): Uint8Array =>
    Buffer.concat([hello.subarray(0, hello.indexOf(0x7b)), Buffer.from(text)])
  const cases: readonly [Uint8Array, Refusal][] = [
    [Buffer.from('VIVARIUM'), 'NOT_A_MEMBER'],
    [Buffer.from('vivarium'), 'NOT_A_MEMBER'],
    [changed(8, 0x58), 'BAD_HANDSHAKE'],
    [hello.subarray(0, 9), 'BAD_HANDSHAKE'],
    [hello.subarray(0, 20), 'BAD_HANDSHAKE'],
    [withMember(''), 'BAD_HANDSHAKE'],
    [withMember('null'), 'BAD_HANDSHAKE'],
    [withMember('{"replicaId":2'), 'BAD_HANDSHAKE'],
    [withMember('['.repeat(3000)), 'BAD_HANDSHAKE'],
    [withMember(JSON.stringify({ ...memberOf(2), replicaId: 2.5 })), 'BAD_HANDSHAKE'],
    [withMember(JSON.stringify({ ...memberOf(2), voterIds: [2, 1] })), 'BAD_HANDSHAKE'],
    [withMember(JSON.stringify({ ...memberOf(2), role: 'leader' })), 'BAD_HANDSHAKE'],
    [withMember(JSON.stringify({ ...memberOf(2), databaseId: 'x'.repeat(200) })), 'BAD_HANDSHAKE'],
    [withMember(JSON.stringify({ ...memberOf(2), incarnation: 2 ** 60 })), 'BAD_HANDSHAKE'],
    [withMember(JSON.stringify({ ...memberOf(2), process: [] })), 'BAD_HANDSHAKE'],
    [encodeWelcome(), 'BAD_HANDSHAKE'],
    [encodeAnswer(Buffer.alloc(16), Buffer.alloc(32)), 'BAD_HANDSHAKE'],
    [encodeAnswer(Buffer.alloc(16), Buffer.alloc(32)).subarray(0, 50), 'BAD_HANDSHAKE'],
  ]
  await expectUndisturbed(given, async () => {
    for (const [frame, refusal] of cases) await expectRefusal(given, framed(frame), refusal)
  })
})

scene('messages of a handshake out of their order are refused', async (given) => {
  const { peer } = given
  await expectUndisturbed(given, async () => {
    const twice = Buffer.concat([framed(peer.hello()), framed(peer.hello())])
    await expectRefusal(given, twice, 'BAD_HANDSHAKE')
    const early = Buffer.concat([framed(peer.hello()), framed(encodeWelcome())])
    await expectRefusal(given, early, 'BAD_HANDSHAKE')
    const data = Buffer.concat([framed(peer.hello()), framed(Buffer.from('a message'))])
    await expectRefusal(given, data, 'NOT_A_MEMBER')
  })
})

scene('somebody who is no peer, or claims to be this replica, is refused', async (given) => {
  const { host, peer, t } = given
  await expectUndisturbed(given, async () => {
    await expectRefusal(given, framed(peer.hello({ member: memberOf(9) })), 'UNKNOWN_PEER')
    await expectRefusal(given, framed(peer.hello({ member: memberOf(1) })), 'UNKNOWN_PEER')
    t.regex(host.of('refused')[1]!.detail, /this replica itself/)
  })
})

scene('another protocol version is named before anything else is looked at', async (given) => {
  const { host, peer, t } = given
  const newer = peer.hello({ member: memberOf(2, { protocol: PROTOCOL_VERSION + 1 }) })
  await expectUndisturbed(given, async () => {
    await expectRefusal(given, framed(newer), 'PROTOCOL_VERSION')
    // A version that lays everything out differently behind its number.
    await expectRefusal(given, framed(newer.subarray(0, 14)), 'PROTOCOL_VERSION')
    await expectRefusal(
      given,
      framed(peer.hello({ member: memberOf(2, { protocol: 0 }) })),
      'PROTOCOL_VERSION',
    )
  })
  const spoken = `version ${PROTOCOL_VERSION + 1}, this replica speaks ${PROTOCOL_VERSION}`
  t.true(host.of('refused')[0]!.detail.includes(spoken))
})

scene('a handshake that is cut is counted, a mere look at the socket is not', async (given) => {
  const { host, peer, t } = given
  await expectUndisturbed(given, async () => {
    for (const bytes of [Buffer.from([0]), framed(peer.hello()).subarray(0, 40)]) {
      const before = host.refusals.length
      const wire = peer.open()
      wire.socket.end(bytes)
      await host.until(() => host.refusals.length > before)
      t.is(host.refusals.at(-1), 'FRAME_TRUNCATED')
    }
    const wire = peer.open()
    wire.socket.end()
    await wire.ended
    t.is(host.refusals.length, 2)
  })
})

scene(
  'a handshake that stalls is ended in time, also if a byte comes now and then',
  async (given) => {
    const { host, peer, t } = given
    await expectUndisturbed(given, async () => {
      await expectRefusal(given, new Uint8Array(0), 'HANDSHAKE_TIMEOUT')
      await expectRefusal(given, framed(peer.hello()).subarray(0, 30), 'HANDSHAKE_TIMEOUT')
      await expectRefusal(given, framed(peer.hello()), 'HANDSHAKE_TIMEOUT')
      const slow = peer.open()
      const bytes = framed(peer.hello())
      let sent = 0
      const drip = setInterval(() => slow.socket.write(bytes.subarray(sent, ++sent)), 20)
      await slow.ended
      clearInterval(drip)
      t.true(sent < bytes.length)
      t.is(host.refusals.at(-1), 'HANDSHAKE_TIMEOUT')
    })
  },
  { handshakeTimeoutMs: 2000 },
)

scene('silent sockets cannot lock out a peer', async (given) => {
  const { host, peer, t } = given
  const silent = Array.from({ length: UNPROVEN_SOCKETS_MAX + 5 }, () => peer.open())
  await silent[0]!.ended
  await peer.pair()
  await host.linkTo(2)
  t.true(host.refusals.length >= 5)
  t.deepEqual([...new Set(host.refusals)], ['TOO_MANY_UNPROVEN'])
  t.false(silent.at(-1)!.isEnded)
})

scene('an oversize or empty frame on a link ends the link, which comes back', async (given) => {
  const { host, peer, t } = given
  const bad: readonly [Buffer, Refusal][] = [
    [lengthOf((1 << 20) + 1), 'FRAME_TOO_LARGE'],
    [lengthOf(0), 'FRAME_EMPTY'],
  ]
  for (const [index, [bytes, refusal]] of bad.entries()) {
    const { own, theirs } = await peer.pair()
    await host.linkTo(2)
    own.socket.write(Buffer.concat([framed(Buffer.from(`fine ${index}`)), bytes]))
    await Promise.all([own.ended, theirs.ended])
    await host.until(() => host.of('down').length === index + 1)
    t.is(host.refusals.at(-1), refusal)
    t.true(host.frames.includes(`fine ${index}`), 'what came before was delivered')
  }
  t.is(host.refusals.length, bad.length)
})

scene('a peer that dies inside a frame is a broken link, not a refusal', async (given) => {
  const { host, peer, t } = given
  const { own } = await peer.pair()
  await host.linkTo(2)
  own.socket.end(framed(Buffer.alloc(1000)).subarray(0, 500))
  await host.until(() => host.of('down').length === 1)
  t.regex(host.of('down')[0]!.reason, /inside a frame/)
  t.is(host.refusals.length, 0)
  t.is(host.of('frame').length, 0)
})

scene('a peer that writes where it should only read loses its link', async (given) => {
  const { host, peer, t } = given
  const { theirs, own } = await peer.pair()
  await host.linkTo(2)
  theirs.socket.write('hello?')
  await own.ended
  await host.until(() => host.of('down').length === 1)
  t.deepEqual(host.refusals, ['UNEXPECTED_BYTES'])
})

scene('a peer that never reads fills a bounded queue and then loses its link', async (given) => {
  const { host, peer, t } = given
  const { theirs } = await peer.pair()
  const link = await host.linkTo(2)
  theirs.socket.pause()
  let highest = 0
  while (host.of('down').length === 0) {
    link.send(Buffer.alloc(100_000))
    highest = Math.max(highest, link.queuedBytes)
    await new Promise(setImmediate)
  }
  t.true(highest > 3 << 20 && highest <= 4 << 20)
  t.regex(host.of('down')[0]!.reason, /queue is full/)
})

const secret = Buffer.from('right')

scene(
  'a peer with a wrong secret is refused before the host hears of it',
  async ({ t, host, peer }) => {
    const own = peer.open()
    const hello = peer.hello()
    own.write(hello)
    const theirs = await peer.accept()
    own.write(peer.answerTo(await theirs.message('hello'), hello))
    await Promise.all([own.ended, theirs.ended])
    t.deepEqual(host.refusals, ['BAD_PROOF'])
    t.regex(host.of('refused')[0]!.detail, /peer 2 does not know the secret/)
  },
  {
    secret,
    peerSecret: Buffer.from('wrong'),
    accept: () => {
      throw new Error('an unproven peer came as far as the host')
    },
  },
)

scene(
  'a peer without a secret is refused by a replica with one',
  async (given) => {
    const { peer } = given
    await expectRefusal(given, framed(peer.hello({ isSecured: false })), 'BAD_PROOF')
  },
  { secret },
)

scene('a peer with a secret is refused by a replica without one', async (given) => {
  await expectRefusal(given, framed(given.peer.hello({ isSecured: true })), 'BAD_PROOF')
})

scene(
  'a recorded handshake proves nothing when it is played again',
  async ({ t, host, peer }) => {
    const own = peer.open()
    const hello = peer.hello()
    const theirs = await peer.accept()
    const answer = peer.answerTo(await theirs.message('hello'), hello)
    own.write(hello, answer)
    await theirs.message('answer')
    own.write(encodeWelcome())
    const link = await host.linkTo(2)
    const recorded = Buffer.concat([hello, answer, encodeWelcome()].map(framed))

    const during = peer.open()
    during.socket.write(recorded)
    await during.ended
    t.deepEqual(host.refusals, ['BAD_HANDSHAKE'])
    t.deepEqual(host.links, [link])

    own.socket.destroy()
    await host.until(() => host.of('down').length === 1)
    const after = peer.open()
    after.socket.write(recorded.subarray(0, recorded.length - framed(encodeWelcome()).length))
    await after.ended
    t.is(host.refusals.at(-1), 'HANDSHAKE_TIMEOUT')
    t.is(host.of('up').length, 1)
  },
  { secret, handshakeTimeoutMs: 2000 },
)
