// `vivarium/testing` under fake timers: the world's own time does not depend on what a test does to the globals.
import test from 'ava'
import { mock } from 'node:test'
import { world } from './support.js'

test.serial(
  'virtual time flows while the timers and the clock of the process are replaced',
  async (t) => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] })
    t.teardown(() => mock.timers.reset())
    let isFired = false
    setTimeout(() => (isFired = true), 1000)
    const three = await world(t)
    const [one, two] = [await three.join(1), await three.join(2)]
    await one.create('/a', '', { ephemeral: true })
    await three.expire(one)
    await two.sync()
    t.is(two.existsSync('/a'), null)
    await three.advance(60_000)
    t.false(isFired, 'the two times are not one')
    mock.timers.tick(1000)
    t.true(isFired)
  },
)

test.serial('real time too', async (t) => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] })
  t.teardown(() => mock.timers.reset())
  const three = await world(t, { time: 'real' })
  const zk = await three.join(1)
  t.is(await zk.create('/a'), '/a')
  await three.advance(30)
  t.true(zk.alive)
})
