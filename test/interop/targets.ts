/** The servers that a test of a client runs against: ours, and ZooKeeper, which proves the test. */
import type { TestFn } from 'ava'
import { startZooKeeper, zooKeeperMissing } from './apache-zookeeper.js'
import type { Server } from './apache-zookeeper.js'
import { startVivarium } from './vivarium.js'

export interface Target {
  readonly name: string
  readonly missing: string | undefined
  /** The server, one for all tests of a file. */
  server(): Promise<Server>
}

/** Registers the end of what the tests start. */
export function targets(test: TestFn): readonly Target[] {
  const zooKeeper = new OnceStarted(startZooKeeper)
  const vivarium = new OnceStarted(startVivarium)
  test.after.always(async () => {
    await Promise.all([zooKeeper.stop(), vivarium.stop()])
  })
  return [
    { name: 'vivarium', missing: undefined, server: () => vivarium.start() },
    { name: 'ZooKeeper', missing: zooKeeperMissing(), server: () => zooKeeper.start() },
  ]
}

class OnceStarted {
  readonly #start: () => Promise<Server>
  #server: Promise<Server> | undefined

  constructor(start: () => Promise<Server>) {
    this.#start = start
  }

  start(): Promise<Server> {
    this.#server ??= this.#start()
    return this.#server
  }

  async stop(): Promise<void> {
    const server = await this.#server?.catch(() => {})
    await server?.stop()
  }
}
