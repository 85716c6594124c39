/** The arithmetic of leases. */
import test from 'ava'
import { HeartbeatLog, Lease, heartbeatIntervalMs, leaseMarginMs } from '../../lib/session/lease.js'

test('the margin is a tenth of the timeout within 50 … 1000 ms, and never more than half', (t) => {
  t.is(leaseMarginMs(100), 50)
  t.is(leaseMarginMs(300), 50)
  t.is(leaseMarginMs(4000), 400)
  t.is(leaseMarginMs(60_000), 1000)
})

test('several heartbeats fit into every lease', (t) => {
  for (const timeoutMs of [100, 300, 1000, 10_000, 86_400_000]) {
    const leaseMs = timeoutMs - leaseMarginMs(timeoutMs)
    t.true(heartbeatIntervalMs(timeoutMs) < leaseMs, `${timeoutMs}`)
    t.true(heartbeatIntervalMs(timeoutMs) <= 2000)
  }
})

test('a lease that was never confirmed is not alive', (t) => {
  t.false(new Lease(10_000).alive(0, 0))
})

test('the log forgets heartbeats that could not lengthen any lease', (t) => {
  const log = new HeartbeatLog()
  const first = log.send({ mono: 0, wall: 0 }, 1000)
  const second = log.send({ mono: 900, wall: 900 }, 1000)
  log.send({ mono: 1000, wall: 1000 }, 1000)
  t.is(log.sentAt(first), undefined)
  t.is(log.sentAt(second)?.mono, 900)
})
