/** A client that goes on at another server of the list when its own is gone, for as long as its session lives. */
import type { ZooKeeperClient } from './client.js'
import { failureOf } from './failure.js'
import { reconnect } from './reconnect.js'
import type { Remote } from './remote.js'

type Connection = Pick<Remote, 'ended'>

export class LastingClient {
  readonly #remote: Remote
  readonly #onMoved: (client: ZooKeeperClient) => Promise<void>
  #client: ZooKeeperClient
  #isEnding: boolean = false

  /** @param onMoved  Sets up again what belongs to a connection: watches. */
  constructor(remote: Remote, onMoved: (client: ZooKeeperClient) => Promise<void>) {
    this.#remote = remote
    this.#onMoved = onMoved
    this.#client = remote.client
  }

  /** Rejects when no server takes the session any more, with what the last one said. */
  async lost(): Promise<never> {
    let connection: Connection = this.#remote
    for (;;) {
      const reason = await endOf(connection)
      if (this.#isEnding || failureOf(reason).code !== 'CONNECTION_LOSS') throw reason
      connection = await this.#goOn()
    }
  }

  /** Closes the session, wherever it is. */
  async end(): Promise<void> {
    this.#isEnding = true
    await this.#client.close()
  }

  async #goOn(): Promise<Connection> {
    let onEnd: ((reason: Error) => void) | undefined
    const ended = new Promise<never>((_resolve, reject) => {
      onEnd = reject
    })
    ended.catch(() => undefined)
    const { servers } = this.#remote
    this.#client = await reconnect(this.#client, { servers, options: { onEnd } })
    try {
      await this.#onMoved(this.#client)
    } catch (error) {
      // This connection is gone as well: whoever waits for its end goes on from there.
      if (failureOf(error).code !== 'CONNECTION_LOSS') throw error
    }
    return { ended }
  }
}

async function endOf({ ended }: Connection): Promise<unknown> {
  try {
    return await ended
  } catch (error) {
    return error
  }
}
