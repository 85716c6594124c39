/** A process whose main thread is blocked, the leader's own included, does not disturb the ensemble (P10, P8). */
import test from 'ava'
import { ensemble, sorted } from './remote.js'
import { eventually, temporaryDirectory } from './support.js'

test('while the main thread of the leader is blocked for 3 s, others write without a gap and nobody is elected', async (t) => {
  const remotes = await ensemble(t, temporaryDirectory(t))
  const [leader, writer, third] = await sorted(remotes)
  await writer!.call('create', '/a', '')
  const before = await writer!.call('status')

  let gap = Infinity
  // A shared machine may itself stand still for so long; that is said, and measured again.
  for (let round = 1; round <= 3 && gap > 500; round += 1) {
    await writer!.call('startWriter', '/a')
    await leader.call('block', 3000)
    const { longestGapMs, writes } = await writer!.call('stopWriter')
    gap = longestGapMs
    t.log(`round ${round}: ${writes} writes, longest gap ${gap.toFixed(1)} ms`)
    t.true(writes > 10)
  }
  t.true(gap <= 500, `a gap of ${gap} ms`)

  const after = await third!.call('status')
  t.is(after.epoch, before.epoch)
  t.is(after.leader, before.leader)
  t.deepEqual(
    (await leader.call('states')).map(({ state }) => state),
    ['connected'],
  )
})

test('a main thread blocked beyond its timeout knows at its first instruction that the session is lost', async (t) => {
  const remotes = await ensemble(t, temporaryDirectory(t), { timeout: 1000 })
  const [, blocked, other] = await sorted(remotes)
  await blocked!.call('create', '/mine', '', { ephemeral: true })
  const seen: boolean[] = []
  const report = blocked!.call('block', 3000)
  await eventually('the ephemeral is gone', async () => {
    const exists = await other!.call('exists', '/mine')
    seen.push(exists)
    return !exists
  })
  t.deepEqual(await report, { aliveBefore: true, aliveAfter: false, stateAfter: 'suspended' })
  await eventually('it is told', async () => {
    return (await blocked!.call('state')).state === 'expired'
  })
  t.deepEqual(
    (await blocked!.call('states')).map(({ state, code }) => [state, code]),
    [
      ['connected', undefined],
      ['suspended', undefined],
      ['expired', 'SESSION_EXPIRED'],
    ],
  )
  // The replica lives on, and gives the next session.
  await blocked!.call('openSession', 1000)
  t.is(await blocked!.call('create', '/next', '', undefined, 1), '/next')
})
