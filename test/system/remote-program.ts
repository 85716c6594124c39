/**
 * A process with one replica, driven from a test over the channel of `fork`. An application that does what it
 * is told; an unhandled rejection ends it with the code 99, so that none goes unseen.
 */
import { readFileSync } from 'node:fs'
import { joinWith } from '../../lib/session/join.js'
import type { Session } from '../../lib/session/session.js'
import type { Actions, Call, Reply, SessionNumber, StateSeen } from './actions.js'

const sessions: Session[] = []
const states: StateSeen[] = []
const issued = { resolved: 0, rejected: 0 }
const writer = { isRunning: false, writes: 0, longestGapMs: 0, ended: Promise.resolve() }

process.on('unhandledRejection', (reason) => {
  console.error('unhandled rejection', reason)
  process.exit(99)
})

function sessionOf(number: SessionNumber = 0): Session {
  const session = sessions[number]
  if (session === undefined) throw new Error(`no session ${number}`)
  return session
}

function adopt(session: Session): SessionNumber {
  const number = sessions.push(session) - 1
  const see = (error?: Error): void => {
    const code = error !== undefined && 'code' in error ? String(error.code) : undefined
    states.push({ session: number, state: session.state, code, at: Date.now() })
  }
  see()
  session.on('state', (_, error) => see(error))
  return number
}

/** One write after the other, each waited for, and the longest time between two of them. */
async function write(path: string): Promise<void> {
  let last = performance.now()
  while (writer.isRunning) {
    await sessionOf().setData(path, String(writer.writes))
    const now = performance.now()
    writer.longestGapMs = Math.max(writer.longestGapMs, now - last)
    writer.writes += 1
    last = now
  }
}

function busy(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

type Handlers = {
  readonly [Name in keyof Actions]: (
    ...args: Parameters<Actions[Name]>
  ) => ReturnType<Actions[Name]> | Promise<ReturnType<Actions[Name]>>
}

const handlers: Handlers = {
  join: async (options, internals) => {
    const session = await joinWith(options, internals)
    adopt(session)
    return { id: session.replica.status().id, session: session.id, timeout: session.timeout }
  },
  openSession: async (timeout) => {
    const session = await sessionOf().replica.openSession({ timeout })
    const number = adopt(session)
    return {
      id: session.replica.status().id,
      session: session.id,
      timeout: session.timeout,
      number,
    }
  },
  create: (path, data, options, number) => {
    return sessionOf(number).create(path, data, { ...options, stat: false })
  },
  createMany: async (parent, first, count, bytes) => {
    const data = 'x'.repeat(bytes)
    const created: Promise<string>[] = []
    for (let index = first; index < first + count; index += 1) {
      created.push(sessionOf().create(`${parent}/${index}`, data))
    }
    await Promise.all(created)
  },
  setMany: async (path, count, bytes) => {
    const sets = Array.from({ length: count }, (_, index) => {
      return sessionOf().setData(path, String(index).padEnd(bytes, 'x'))
    })
    const stats = await Promise.all(sets)
    return stats.at(-1)!
  },
  issue: (parent, first, count) => {
    for (let index = first; index < first + count; index += 1) {
      void sessionOf()
        .create(`${parent}/${index}`, 'issued')
        .then(
          () => (issued.resolved += 1),
          () => (issued.rejected += 1),
        )
    }
  },
  settled: () => issued,
  setData: (path, data, version) => sessionOf().setData(path, data, version),
  delete: (path) => sessionOf().delete(path),
  exists: (path) => sessionOf().existsSync(path) !== null,
  children: (path) => sessionOf().getChildrenSync(path).children,
  data: (path) => sessionOf().getDataSync(path, { encoding: 'utf8' }).data,
  sync: () => sessionOf().sync(),
  status: () => sessionOf().replica.status(),
  metrics: () => sessionOf().replica.metrics(),
  states: () => states,
  state: (number) => ({ state: sessionOf(number).state, alive: sessionOf(number).alive }),
  block: (ms) => {
    const session = sessionOf()
    const aliveBefore = session.alive
    busy(ms)
    const aliveAfter = session.alive
    return { aliveBefore, aliveAfter, stateAfter: session.state }
  },
  startWriter: (path) => {
    Object.assign(writer, { isRunning: true, writes: 0, longestGapMs: 0 })
    writer.ended = write(path)
  },
  stopWriter: async () => {
    writer.isRunning = false
    await writer.ended
    return { writes: writer.writes, longestGapMs: writer.longestGapMs }
  },
  readFile: (path) => readFileSync(path).length,
  closeSession: (number) => sessionOf(number).close(),
  close: async (timeout) => {
    const before = performance.now()
    await sessionOf().close({ timeout })
    return { ms: performance.now() - before }
  },
  memory: () => {
    const collect: unknown = Reflect.get(globalThis, 'gc')
    if (typeof collect === 'function') collect()
    const { heapUsed, rss, external, arrayBuffers } = process.memoryUsage()
    return { heapUsed: heapUsed + external + arrayBuffers, rss }
  },
}

async function answer({ number, action, args }: Call): Promise<Reply> {
  try {
    const handler: unknown = handlers[action]
    if (typeof handler !== 'function') throw new Error(`no action ${action}`)
    return { number, value: await Reflect.apply(handler, undefined, args) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'NO_CODE'
    return { number, error: { code, message: String(error) } }
  }
}

process.on('message', (call: Call) => {
  void answer(call).then((reply) => {
    if (process.connected) process.send?.(reply)
  })
})

// The test is gone: a replica that is still open has no use any more. One that was closed ends by itself.
process.on('disconnect', () => {
  const isOpen = sessions.some(({ state }) => state !== 'closed' && state !== 'failed')
  if (isOpen) process.kill(process.pid, 'SIGKILL')
})
