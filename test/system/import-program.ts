/** Imports the library and does nothing with it: what is different then, as lines of JSON. */
import { setTimeout as sleep } from 'node:timers/promises'

interface Held {
  readonly listeners: number
  readonly addons: readonly string[]
  readonly modules: readonly string[]
}

// `net` is missing here: `debug` loads it for its knowledge of terminals.
const REVEALING = /^NativeModule (tls|dgram|worker_threads|child_process|cluster)$/

function held(): Held {
  const names = process.eventNames()
  const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: string[] }
  const { moduleLoadList } = process as unknown as { moduleLoadList: string[] }
  return {
    listeners: names.reduce((sum, name) => sum + process.listenerCount(name), 0),
    addons: sharedObjects.filter((path) => path.endsWith('.node')),
    modules: moduleLoadList.filter((name) => REVEALING.test(name)),
  }
}

const before = held()
const { join, op } = await import('../../lib/index.js')
await sleep(20)
const after = held()
console.log(JSON.stringify([typeof join, Object.keys(op)]))
console.log(JSON.stringify(JSON.stringify(after) === JSON.stringify(before) ? 'nothing' : after))
console.log(
  JSON.stringify(process.getActiveResourcesInfo().filter((name) => !name.includes('Wrap'))),
)
