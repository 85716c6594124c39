/**
 * Applications in one process each, for the tests of what a good guest does: `node guest-program.js <what> <dir>`.
 * None of them calls `process.exit` unless that is what is shown; an unhandled rejection ends them with 99.
 */
import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { join } from '../../lib/index.js'
import type { Session } from '../../lib/index.js'

const [what = '', dir = '', extra = ''] = process.argv.slice(2)

process.on('unhandledRejection', (reason) => {
  writeSync(2, `unhandled rejection: ${String(reason)}\n`)
  process.exit(99)
})

/** Written at once: nothing is lost when the process ends right after. */
function say(line: string): void {
  writeSync(1, `${line}\n`)
}

/** What a write may be refused with by a replica that is overloaded, closing or closed. */
const REFUSALS = new Set(['OVERLOADED', 'OUTCOME_UNKNOWN', 'SESSION_CLOSED'])

/** Does not stop, and does not wait. */
function writeHeavily(zk: Session): void {
  const burst = (): void => {
    for (let index = 0; index < 200; index += 1) {
      zk.setData('/a', 'x'.repeat(1000)).catch((error: { code: string }) => {
        if (!REFUSALS.has(error.code)) say(error.code)
      })
    }
    setImmediate(burst)
  }
  burst()
}

function resources(): string {
  // The channels of standard output and error are there from the start, if anything was written.
  const own = process.getActiveResourcesInfo().filter((name) => !/^(PipeWrap|TTYWrap)$/.test(name))
  return own.sort().join(' ')
}

async function opened(): Promise<Session> {
  const zk = await join({ dir, size: 1 })
  if (zk.existsSync('/a') === null) await zk.create('/a')
  return zk
}

const programs: Readonly<Record<string, () => Promise<void>>> = {
  /** Closes, again and again, and ends by itself. */
  close: async () => {
    const zk = await opened()
    const first = zk.close()
    const second = zk.close()
    say(String(first === second))
    await Promise.all([first, second, zk.replica.close()])
    await zk.close()
    await sleep(20)
    say(`resources: ${resources()}`)
    say(zk.state)
    // The same process may come again.
    const again = await join({ dir, size: 1 })
    await again.close()
    say('closed')
  },

  'await-using': async () => {
    {
      await using zk = await opened()
      say(zk.state)
    }
    say('disposed')
  },

  exit: async () => {
    await opened()
    process.exit(7)
  },

  'exit-writing': async () => {
    const zk = await opened()
    writeHeavily(zk)
    setTimeout(() => process.exit(7), Number(extra))
  },

  /** Before `join` has resolved. */
  'exit-opening': async () => {
    void join({ dir, size: 1 }).catch(() => undefined)
    await sleep(Number(extra))
    process.exit(7)
  },

  'exit-closing': async () => {
    const zk = await opened()
    writeHeavily(zk)
    setTimeout(() => {
      void zk.close()
      setTimeout(() => process.exit(7), Number(extra) / 4)
    }, 20)
  },

  uncaught: async () => {
    await opened()
    setImmediate(() => {
      throw new Error('of the application')
    })
  },

  'uncaught-writing': async () => {
    const zk = await opened()
    writeHeavily(zk)
    setTimeout(() => {
      throw new Error('of the application')
    }, Number(extra))
  },

  /** Stays until a signal comes. */
  stay: async () => {
    const zk = await opened()
    writeHeavily(zk)
    say('open')
  },

  /** One that handles SIGTERM, as services do. */
  'stay-graceful': async () => {
    const zk = await opened()
    process.once('SIGTERM', () => {
      void zk.close().then(() => say(`resources: ${resources()}`))
    })
    say('open')
  },

  /** A join that can never form, given up. */
  abort: async () => {
    const reason = new Error('given up')
    const giving = new AbortController()
    process.on('warning', (warning) => {
      say(`${warning.name}: ${warning.message}`)
      giving.abort(reason)
    })
    try {
      await join({ dir, size: 3, signal: giving.signal })
    } catch (error) {
      say(String(error === reason))
    }
    say(`resources: ${resources()}`)
  },

  /** What a listener throws is the application's, and the replica goes on. */
  listener: async () => {
    const zk = await opened()
    process.on('uncaughtException', (error) => say(`uncaught: ${error.message}`))
    await zk.addWatch('/a', 'persistent', (event) => {
      throw new Error(`a watch of ${event.path}`)
    })
    zk.on('state', (state) => {
      throw new Error(`a state ${state}`)
    })
    const stats = await Promise.all([zk.setData('/a', '1'), zk.setData('/a', '2')])
    say(stats.map(({ version }) => version).join())
    say(zk.getDataSync('/a', { encoding: 'utf8' }).data)
    await zk.close()
    say('closed')
  },

  /** Settings of the application that must not reach the thread, nor break it. */
  options: async () => {
    const zk = await opened()
    say(zk.state)
    await zk.close()
  },

  'second-in-process': async () => {
    const zk = await opened()
    for (const name of [dir, `${dir}/.`, extra]) {
      await join({ dir: name, size: 1 }).then(
        () => say('JOINED'),
        (error: { code: string }) => say(error.code),
      )
    }
    say(zk.state)
    await zk.close()
  },
}

await programs[what]?.()
