/** `vivarium watch`: prints what happens to a znode, and goes on at another server when one is gone. */
import { ADD_WATCH_MODE } from '../gateway/jute/opcodes.js'
import type { Notification } from '../gateway/jute/replies.js'
import { checkPath } from '../session/arguments.js'
import type { ZooKeeperClient } from './client.js'
import { isSet, textOf } from './command.js'
import type { Given } from './command.js'
import { Ending } from './ending.js'
import { EXIT, failureOf, usageFailure } from './failure.js'
import type { ExitCode } from './failure.js'
import type { Output } from './output.js'
import { reconnect } from './reconnect.js'
import { openRemote } from './remote.js'
import type { Remote } from './remote.js'
import { integerOf } from './serve-plan.js'
import { longJson } from './znode-text.js'

export async function watch(
  given: Given,
  [path = '']: readonly string[],
  output: Output,
): Promise<ExitCode> {
  const text = textOf(given, 'count')
  const count = text === undefined ? Infinity : integerOf('--count', text)
  const isRecursive = isSet(given, 'recursive')
  const ending = new Ending()
  let seen = 0
  const news: News = { zxid: 0 }
  let onEnough: (() => void) | undefined
  const enough = new Promise<void>((resolve) => {
    onEnough = resolve
  })
  // Nothing is told before it is asked for, and then there is a connection.
  const onEvent = (event: Notification): void => {
    if (seen >= count || event.type === 'None') return
    seen += 1
    news.zxid = event.zxid
    say(remote, event, output)
    if (seen >= count) onEnough?.()
  }
  checkWatched(path)
  const remote: Remote = await openRemote(given, onEvent)
  const watching = new Watching(remote, remote.toServer(path), isRecursive, news)
  try {
    await watching.begin()
    output.note(`watches ${path}${isRecursive ? ' and everything below it' : ''}`)
    const done = count === 0 ? Promise.resolve() : Promise.race([ending.asked(), enough])
    await Promise.race([done, watching.lost()])
  } finally {
    ending.stop()
    await watching.end()
  }
  return EXIT.ok
}

/** Before anything is open: a server takes any text for the path of a watch, and would never tell. */
function checkWatched(path: string): void {
  try {
    checkPath(path)
  } catch (error) {
    throw usageFailure(error instanceof Error ? error.message : String(error))
  }
}

function say({ toUser }: Remote, { type, path, zxid }: Notification, output: Output): void {
  const shown = toUser(path)
  output.result({ type, path: shown, zxid: longJson(zxid) }, () => `${type} ${shown}\n`)
}

/** The newest event. */
interface News {
  zxid: Notification['zxid']
}

type Connection = Pick<Remote, 'ended'>

async function endOf({ ended }: Connection): Promise<unknown> {
  try {
    return await ended
  } catch (error) {
    return error
  }
}

/** One persistent watch, kept over the end of a connection as long as the session lives. */
class Watching {
  readonly #remote: Remote
  readonly #path: string
  readonly #isRecursive: boolean
  readonly #news: News
  #client: ZooKeeperClient
  #isEnding: boolean = false

  constructor(remote: Remote, path: string, isRecursive: boolean, news: News) {
    this.#remote = remote
    this.#path = path
    this.#isRecursive = isRecursive
    this.#news = news
    this.#client = remote.client
  }

  async begin(): Promise<void> {
    const { persistent, persistentRecursive } = ADD_WATCH_MODE
    const mode = this.#isRecursive ? persistentRecursive : persistent
    await this.#client.request({ kind: 'addWatch', path: this.#path, mode })
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

  async #goOn(): Promise<Connection> {
    let onEnd: ((reason: Error) => void) | undefined
    const ended = new Promise<never>((_resolve, reject) => {
      onEnd = reject
    })
    ended.catch(() => undefined)
    const { servers } = this.#remote
    this.#client = await reconnect(this.#client, { servers, options: { onEnd } })
    await this.#setAgain()
    return { ended }
  }

  /** The server tells what has happened since the newest answer, or the newest event. */
  async #setAgain(): Promise<void> {
    const paths = [this.#path]
    const { lastZxid } = this.#client.session
    const relativeZxid = this.#news.zxid > lastZxid ? this.#news.zxid : lastZxid
    await this.#client.request({
      kind: 'setWatches2',
      relativeZxid,
      dataWatches: [],
      existWatches: [],
      childWatches: [],
      persistentWatches: this.#isRecursive ? [] : paths,
      persistentRecursiveWatches: this.#isRecursive ? paths : [],
    })
  }

  async end(): Promise<void> {
    this.#isEnding = true
    await this.#client.close()
  }
}
