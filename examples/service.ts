/**
 * A service of three processes, as an application would write it: one of them at a time does a job, and all of them
 * follow one configuration. Start each in a terminal of its own:
 *
 *     node dist/examples/service.js 1
 *     node dist/examples/service.js 2
 *     node dist/examples/service.js 3
 *
 * Type a number of milliseconds into any of them to change how often the job runs, whoever runs it. Stop the one
 * that does the job (Ctrl-C, or kill -9) and see another take over. Start the stopped one again: it catches up.
 */
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { join, op, ZooKeeperError } from '../lib/index.js'
import type { Session } from '../lib/index.js'

interface Config {
  readonly intervalMs: number
}

const CONFIG = '/service/config'
const SEATS = '/service/seats'
const LAST_RUN = '/service/last-run'

const [, , ownId = '1', dir = './data', port = '7101'] = process.argv
const id = Number(ownId)
const address = (member: number): string => `tcp://127.0.0.1:${Number(port) + member - 1}`
const peers = { 1: address(1), 2: address(2), 3: address(3) }

const leaving = new AbortController()
const { signal } = leaving
process.once('SIGTERM', () => leaving.abort())
process.once('SIGINT', () => leaving.abort())

let config: Config = { intervalMs: 1000 }

await serve().catch((error: unknown) => {
  if (!signal.aborted) throw error
})

async function serve(): Promise<void> {
  await using zk = await join({
    dir: `${dir}/service-${id}`,
    id,
    listen: address(id),
    peers,
    signal,
  })
  // Whoever has lost its session has lost its seat and its watches: leave, and be started again.
  zk.on('state', (state) => {
    if (state !== 'expired' && state !== 'failed') return
    process.exitCode = 1
    leaving.abort()
  })
  console.log(`service ${id}: joined`)
  for (const path of ['/service', SEATS]) await ensure(zk, path, '')
  await ensure(zk, CONFIG, JSON.stringify(config))
  await ensure(zk, LAST_RUN, '')
  await Promise.all([followConfig(zk), takeTurns(zk), obeyKeyboard(zk)])
}

/** Creates it unless somebody has. */
async function ensure(zk: Session, path: string, data: string): Promise<void> {
  await zk.create(path, data).catch((error: unknown) => {
    if (!(error instanceof ZooKeeperError && error.code === 'NODE_EXISTS')) throw error
  })
}

/** The watch is older than the first read, so no change is missed. */
async function followConfig(zk: Session): Promise<void> {
  const changes = zk.watch(CONFIG, { signal })
  for (;;) {
    const { data, stat } = zk.getDataSync(CONFIG, { encoding: 'json' })
    config = data as Config
    console.log(`service ${id}: config ${stat.version}: every ${config.intervalMs} ms`)
    await changes.next()
  }
}

/** Everybody takes a numbered seat; the lowest does the job, the others each watch the seat before theirs. */
async function takeTurns(zk: Session): Promise<void> {
  const seat = { ephemeral: true, sequential: true, stat: true, signal } as const
  const { path, stat } = await zk.create(`${SEATS}/seat-`, String(id), seat)
  for (;;) {
    // A session sees its own resolved writes, and a watch fires before what it tells can be read.
    const seats = zk.getChildrenSync(SEATS).children.toSorted()
    const before = seats[seats.indexOf(path.slice(SEATS.length + 1)) - 1]
    if (before === undefined) return lead(zk, path, stat.czxid)
    console.log(`service ${id}: waits behind ${before}`)
    await deletion(zk, `${SEATS}/${before}`)
  }
}

/** Resolves when the znode is not there any more. */
function deletion(zk: Session, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (zk.existsSync(path, { watch: () => resolve() }) === null) resolve()
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/**
 * Does the job for as long as the seat is ours. `alive` turns false by this machine's own clock before anybody else
 * can have the seat; a job that writes elsewhere sends the token along, so that an old leader's late write is refused.
 */
async function lead(zk: Session, seat: string, token: number): Promise<void> {
  console.log(`service ${id}: leads with token ${token}`)
  for (let run = 1; ; run += 1) {
    if (zk.alive) {
      const report = JSON.stringify({ by: id, token, run })
      // The check makes it impossible to write here without the seat.
      await zk.multi([op.check(seat), op.setData(LAST_RUN, report)], { signal })
      console.log(`service ${id}: job done, run ${run}`)
    }
    await delay(config.intervalMs, undefined, { signal })
  }
}

async function obeyKeyboard(zk: Session): Promise<void> {
  for await (const line of createInterface({ input: process.stdin, signal })) {
    const intervalMs = Number(line)
    if (intervalMs >= 1) await zk.setData(CONFIG, JSON.stringify({ intervalMs }))
  }
}
