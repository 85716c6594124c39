/** `vivarium watch`: prints what happens to a znode, and goes on at another server when one is gone. */
import { ADD_WATCH_MODE } from '../gateway/jute/opcodes.js'
import type { Notification } from '../gateway/jute/replies.js'
import { checkPath } from '../session/arguments.js'
import type { ZooKeeperClient } from './client.js'
import { isSet, textOf } from './command.js'
import type { Given } from './command.js'
import { Ending } from './ending.js'
import { EXIT, usageFailure } from './failure.js'
import type { ExitCode } from './failure.js'
import { LastingClient } from './lasting-client.js'
import type { Output } from './output.js'
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
  let onEnough: (() => void) | undefined
  const enough = new Promise<void>((resolve) => {
    onEnough = resolve
  })
  // Nothing is told before it is asked for, and then there is a connection.
  const onEvent = (event: Notification): void => {
    if (seen >= count || event.type === 'None') return
    seen += 1
    say(remote, event, output)
    if (seen >= count) onEnough?.()
  }
  checkWatched(path)
  const remote: Remote = await openRemote(given, onEvent)
  const wish: Wish = { path: remote.toServer(path), isRecursive }
  const lasting = new LastingClient(remote, (client) => setAgain(client, wish))
  try {
    await begin(remote.client, wish)
    output.note(`watches ${path}${isRecursive ? ' and everything below it' : ''}`)
    const done = count === 0 ? Promise.resolve() : Promise.race([ending.asked(), enough])
    await Promise.race([done, lasting.lost()])
  } finally {
    ending.stop()
    await lasting.end()
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

interface Wish {
  readonly path: string
  readonly isRecursive: boolean
}

async function begin(client: ZooKeeperClient, { path, isRecursive }: Wish): Promise<void> {
  const { persistent, persistentRecursive } = ADD_WATCH_MODE
  const mode = isRecursive ? persistentRecursive : persistent
  await client.request({ kind: 'addWatch', path, mode })
}

/** At another server, which tells what has happened since the newest answer: the newest event perhaps once more. */
async function setAgain(client: ZooKeeperClient, wish: Wish): Promise<void> {
  const paths = [wish.path]
  await client.request({
    kind: 'setWatches2',
    relativeZxid: client.session.lastZxid,
    dataWatches: [],
    existWatches: [],
    childWatches: [],
    persistentWatches: wish.isRecursive ? [] : paths,
    persistentRecursiveWatches: wish.isRecursive ? paths : [],
  })
}
