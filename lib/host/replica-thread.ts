/**
 * Entry of the replica's thread. Votes, log, fsync and sockets live here, so that the application's event loop
 * never waits for them, and a blocked application does not disturb the ensemble (promise P10).
 *
 * The thread ends by itself when everything is closed; it is never terminated while a database is open.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../base/assert.js'
import type { ErrorCode } from '../protocol/error-code.js'
import { decodeViewOutputs, encodeViewInputs } from '../wire/port.js'
import type { Host } from './host.js'
import { openReplica } from './open-replica.js'
import { openingFailureOf } from './opening-failure.js'
import { FLAG_GONE, FLAG_RELEASED } from './thread-options.js'
import type { FromThread, ThreadOptions, ToThread } from './thread-options.js'

const VIEW = 0

async function run(): Promise<void> {
  assert(parentPort !== null, 'this file is the entry of a worker thread')
  const port = parentPort
  const { options, flags }: { options: ThreadOptions; flags: Int32Array } = workerData
  const tell = (message: FromThread): void => {
    port.postMessage(message, message instanceof ArrayBuffer ? [message] : [])
  }
  const released = (): void => {
    Atomics.store(flags, FLAG_GONE, 1)
    Atomics.store(flags, FLAG_RELEASED, 1)
    Atomics.notify(flags, FLAG_RELEASED)
  }
  let isEnding = false
  let host: Host | undefined
  const opening = openReplica(options, {
    toView: (_, inputs) => tell(encodeViewInputs(inputs)),
    failed: (code: ErrorCode, reason: string) => {
      Atomics.store(flags, FLAG_GONE, 1)
      tell({ kind: 'failed', code, reason })
    },
  })

  const end = async (): Promise<void> => {
    if (isEnding) return
    isEnding = true
    // Whoever reads `alive` must see that it is over before another process can take the slot.
    Atomics.store(flags, FLAG_GONE, 1)
    const opened = await opening.catch(() => undefined)
    await opened?.host.close()
    released()
    tell({ kind: 'closed' })
    port.close()
  }

  // A throw outside the host's own guard would end this thread with an open database, which native code may not
  // survive. The application is told, and closes what is left.
  process.on('uncaughtException', (error) => {
    Atomics.store(flags, FLAG_GONE, 1)
    host?.release()
    tell({ kind: 'failed', code: 'REPLICA_FAILED', reason: error.message })
  })

  port.on('message', (message: ToThread) => {
    if (message instanceof ArrayBuffer) {
      if (!isEnding) host?.onView(VIEW, decodeViewOutputs(message))
    } else if (message.kind === 'close') {
      void end()
    } else {
      // The process is exiting: the thread that waits for this flag cannot wait for anything asynchronous.
      Atomics.store(flags, FLAG_GONE, 1)
      isEnding = true
      host?.release()
      released()
    }
  })

  try {
    const opened = await opening
    if (isEnding) return
    host = opened.host
    host.attachView(VIEW)
    tell({ kind: 'ready', id: opened.id })
  } catch (error) {
    released()
    tell({ kind: 'refused', ...openingFailureOf(error) })
    port.close()
  }
}

void run()
