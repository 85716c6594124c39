/** Requests about watches. They change what this session hears and nothing else, so no leader is asked. */
import createDebug from 'debug'
import { ERRNO } from '../session/remote.js'
import type { RemoteSession, WatchEvent, WatchKind, Zxid } from '../session/remote.js'
import { catchUp } from './catch-up.js'
import type { Long } from './jute/long.js'
import { ADD_WATCH_MODE, WATCHER_TYPE, WIRE_ERROR } from './jute/opcodes.js'
import type {
  AddWatchRequest,
  SetWatches2Request,
  SetWatchesRequest,
  WatcherRequest,
} from './jute/requests.js'
import { DONE, refusal } from './reads.js'
import type { Answer } from './reads.js'
import type { RequestOf } from './request-of.js'

const log = createDebug('vivarium:gateway')

export type WatchRequest = RequestOf<
  'addWatch' | 'checkWatches' | 'removeWatches' | 'setWatches' | 'setWatches2'
>

/**
 * To be called where reads are evaluated.
 *
 * @param zxid  Where the View stands.
 * @param tell  What happened while the client was away: before the answer.
 */
export function watch(
  session: RemoteSession,
  request: WatchRequest,
  zxid: Zxid,
  tell: (event: WatchEvent) => void,
): Answer {
  switch (request.kind) {
    case 'addWatch':
      return addWatch(session, request)
    case 'checkWatches':
    case 'removeWatches':
      return findWatch(session, request)
    case 'setWatches':
    case 'setWatches2':
      return setWatches(session, request, zxid, tell)
  }
}

/** There need be no such znode, and nobody asks who may read it: events are what is checked. */
function addWatch(session: RemoteSession, { path, mode }: AddWatchRequest): Answer {
  if (mode === ADD_WATCH_MODE.persistent) session.addWatch(path, 'persistent')
  else if (mode === ADD_WATCH_MODE.persistentRecursive)
    session.addWatch(path, 'persistentRecursive')
  else return refusal(WIRE_ERROR.MARSHALLING_ERROR)
  return { err: 0, body: { kind: 'addWatch', err: 0 } }
}

function findWatch(session: RemoteSession, { kind, path, type }: WatcherRequest): Answer {
  const watched = KINDS.get(type)
  if (watched === undefined) return refusal(WIRE_ERROR.MARSHALLING_ERROR)
  const isFound =
    kind === 'removeWatches' ? session.removeWatch(path, watched) : session.hasWatch(path, watched)
  return isFound ? DONE : refusal(ERRNO.NO_WATCHER)
}

const KINDS: ReadonlyMap<number, WatchKind | 'any'> = new Map([
  [WATCHER_TYPE.Children, 'child'],
  [WATCHER_TYPE.Data, 'data'],
  [WATCHER_TYPE.Any, 'any'],
  [WATCHER_TYPE.Persistent, 'persistent'],
  [WATCHER_TYPE.PersistentRecursive, 'persistentRecursive'],
])

function setWatches(
  session: RemoteSession,
  request: SetWatchesRequest | SetWatches2Request,
  zxid: Zxid,
  tell: (event: WatchEvent) => void,
): Answer {
  const isNewer = request.kind === 'setWatches2'
  const lists = {
    relativeZxid: numberOf(request.relativeZxid),
    data: request.dataWatches,
    exist: request.existWatches,
    child: request.childWatches,
    persistent: isNewer ? request.persistentWatches : [],
    persistentRecursive: isNewer ? request.persistentRecursiveWatches : [],
  }
  if (!catchUp(session, lists, zxid, tell)) {
    log('session %d watches too many znodes recursively: it hears of none that changed', session.id)
  }
  return DONE
}

/** Only compared: a number that is no zxid of ours is before or after all of them. */
function numberOf(value: Long): number {
  return typeof value === 'number' ? value : Number(value)
}
