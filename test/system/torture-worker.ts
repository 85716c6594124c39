/**
 * One process of the torture: a replica that writes without pause, every write unique, and notes each answer in
 * a file before anything can kill it. `node torture-worker.js <directory> <id> <notes>`
 *
 * Its own writes are checked as they are answered: FIFO and exactly once make the answers predictable. Any other
 * answer, a rejection included, ends it with the code 98.
 */
import { openSync, writeSync } from 'node:fs'
import { joinWith } from '../../lib/session/join.js'
import type { Session } from '../../lib/session/session.js'
import { listed } from './listed.js'

const BOUNDS = { logBytesBeforeSnapshot: 512 * 1024, logBytesRetained: 64 * 1024 }
const IN_FLIGHT_MAX = 64
/** Of so many writes one creates a znode; the others change one. */
const CREATE_EVERY = 8
const PAUSE_MS = 2

const [dir = '', id = '', notesPath = ''] = process.argv.slice(2)
const notes = openSync(notesPath, 'a')
/** Names this process in everything that it writes. */
const own = `${process.pid}-${Date.now().toString(36)}`
let isStopping = false
let inFlight = 0

process.on('unhandledRejection', (reason) => fail('unhandled rejection', reason))

function fail(what: string, error?: unknown): never {
  console.error(`${own}: ${what}`, error)
  process.exit(98)
}

function note(...words: (string | number)[]): void {
  writeSync(notes, `${words.join(' ')}\n`)
}

function track(write: Promise<void>): void {
  inFlight += 1
  write.then(
    () => (inFlight -= 1),
    (error: unknown) => fail('a write was refused', error),
  )
}

/** Applied twice, it would leave two znodes of one name but for their sequence numbers. */
async function create(zk: Session, number: number): Promise<void> {
  const path = await zk.create(`/log/${own}-${number}-`, String(number), { sequential: true })
  note('created', path)
}

/** Applied twice, or out of order, it would answer with another version. */
async function set(zk: Session, number: number, version: number): Promise<void> {
  const stat = await zk.setData(`/counter/${own}`, String(number))
  if (stat.version !== version) fail(`write ${number}: version ${stat.version}, not ${version}`)
  note('set', own, number, version)
}

/** A refusal is an outcome as definite as a success. */
async function createAgain(zk: Session): Promise<void> {
  const code = await zk.create(`/counter/${own}`).then(
    () => 'CREATED',
    (error: { code?: unknown }) => String(error.code),
  )
  if (code !== 'NODE_EXISTS') fail(`creating what exists: ${code}`)
}

async function prepare(zk: Session): Promise<void> {
  for (const path of ['/log', '/counter', '/alive']) {
    await zk.create(path).catch((error: { code?: unknown }) => {
      if (error.code !== 'NODE_EXISTS') fail(`creating ${path}`, error)
    })
  }
  await zk.create(`/counter/${own}`)
  await zk.create(`/alive/${own}`, '', { ephemeral: true })
  note('began', own)
}

async function run(zk: Session): Promise<void> {
  let number = 0
  let version = 0
  while (!isStopping) {
    while (inFlight < IN_FLIGHT_MAX) {
      number += 1
      if (number % CREATE_EVERY === 0) track(create(zk, number))
      else if (number % 50 === 1) track(createAgain(zk))
      else track(set(zk, number, ++version))
    }
    await new Promise((resolve) => {
      setTimeout(resolve, PAUSE_MS)
    })
  }
  while (inFlight > 0) {
    await new Promise((resolve) => {
      setTimeout(resolve, PAUSE_MS)
    })
  }
}

/** What this replica holds, after everything that was committed anywhere. */
async function dump(zk: Session): Promise<unknown> {
  await zk.sync()
  const { lastZxid, digest } = zk.replica.status()
  const log = zk.getChildrenSync('/log').children
  const counters = zk.getChildrenSync('/counter').children.map((name) => {
    const { data, stat } = zk.getDataSync(`/counter/${name}`, { encoding: 'utf8' })
    return [name, stat.version, data]
  })
  const alive = zk.getChildrenSync('/alive').children
  return { lastZxid, digest, log, counters, alive }
}

const options = { ...listed(dir, Number(id)), sessionTimeout: 60_000 }
const zk = await joinWith(options, { bounds: BOUNDS })
zk.on('state', (state) => {
  if (state !== 'connected' && state !== 'suspended' && state !== 'closed') fail(state)
})
await prepare(zk)
const running = run(zk)

const reporting = setInterval(() => {
  const { role, epoch } = zk.replica.status()
  process.send?.({ kind: 'status', role, epoch, own, metrics: zk.replica.metrics() })
}, 50)

process.on('message', (message: { readonly kind: 'stop' | 'dump' | 'close' }) => {
  void obey(message.kind)
})

async function obey(what: 'stop' | 'dump' | 'close'): Promise<void> {
  if (what === 'stop') {
    isStopping = true
    await running
    process.send?.({ kind: 'stopped' })
  } else if (what === 'dump') {
    process.send?.({ kind: 'dumped', dump: await dump(zk) })
  } else {
    clearInterval(reporting)
    await zk.close()
    process.disconnect()
  }
}
