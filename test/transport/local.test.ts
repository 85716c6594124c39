import test from 'ava'
import { LocalNetwork, LocalTransport } from '../../lib/transport/local-transport.js'
import { conformance } from './conformance.js'
import { Recorder, memberOf } from './support.js'

conformance('local', async () => {
  const network = new LocalNetwork()
  return {
    create: (options) => new LocalTransport({ ...options, network }),
    remove: () => undefined,
  }
})

test('local: a cut loses a suffix of each direction and nothing before it', async (t) => {
  const network = new LocalNetwork()
  const create = (id: number): LocalTransport =>
    new LocalTransport({ network, identity: () => memberOf(id), accept: () => undefined })
  const [one, two] = [create(1), create(2)]
  const [hostOne, hostTwo] = [new Recorder(), new Recorder()]
  await one.start(hostOne)
  await two.start(hostTwo)
  const link = await hostOne.linkTo(2)
  for (const text of ['a', 'b', 'c']) link.send(Buffer.from(text))
  network.cut(1, 2, 2)
  t.deepEqual(hostTwo.frames, ['a', 'b'])
  t.is(hostOne.of('down').length, 1)
  t.is(hostTwo.of('down').length, 1)
  const next = await hostOne.linkTo(2)
  t.true(next.number > link.number)
  await Promise.all([one.close(), two.close()])
})
