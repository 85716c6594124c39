// `vivarium/testing` in real time: the same ensemble, at the pace of the machine's clock.
import test from 'ava'
import { setTimeout as pause } from 'node:timers/promises'
import { errorOf, world } from './support.js'

test.serial(
  'in real time an ensemble does the same at the pace of the machine’s clock',
  async (t) => {
    const three = await world(t, { time: 'real', sessionTimeout: 1000 })
    const [one, two] = [await three.join(1), await three.join(2)]
    await one.create('/lock', '', { ephemeral: true })
    await two.sync()
    const start = performance.now()
    const before = three.now
    await pause(20)
    t.true(three.now - before >= 15, 'time passes by itself')
    await three.advance(50)
    t.true(performance.now() - start >= 65)
    await three.blockMainThread(1, 1500)
    t.false(one.alive)
    await three.until(() => one.state === 'expired')
    t.is(two.existsSync('/lock'), null)
    const next = await one.replica.openSession({ timeout: 1000 })
    const ended = performance.now()
    await three.expire(next)
    t.is(next.state, 'expired')
    t.true(performance.now() - ended < 3000)
    await three.kill(three.leader ?? 3)
    t.is(
      (await errorOf(three.until(() => false, { timeout: 30 }))).message.slice(0, 19),
      'not so within 30 ms',
    )
  },
)

test.serial('in real time a thread that is really blocked knows it at once', async (t) => {
  const three = await world(t, { time: 'real', sessionTimeout: 500 })
  const zk = await three.join(1)
  await three.until(() => zk.alive)
  const end = performance.now() + 600
  while (performance.now() < end);
  t.false(zk.alive)
  await three.until(() => zk.alive || zk.state === 'expired')
  t.pass()
})
