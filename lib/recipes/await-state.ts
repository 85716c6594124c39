/**
 * Waiting until this process's memory shows what one waits for. Only what is looked at decides: neither an event nor a
 * change of the session's state ends the waiting by itself, so that no spurious one can (CURATOR-GH-1290).
 */
import { onAbort } from '../session/abort.js'
import type { Session } from '../session/session.js'
import type { WatchMode } from '../session/session-watches.js'
import { codeOf, endOf } from './ends.js'
import { observe } from './observe.js'

/** Where to listen for changes of what is looked at. */
export interface Place {
  readonly session: Session
  readonly path: string
  /** 'persistent' unless told. */
  readonly mode?: WatchMode | undefined
}

/**
 * Looks now, and inside the apply loop after each txn that the watch tells of; resolves with what it sees first that
 * is not `undefined`. Leaves no watch behind, however it ends.
 *
 * @param look Reads by the session's Sync forms.
 * @throws The signal's reason; why the session ended; what `look` throws, unless the memory is being repaired.
 */
export function awaitState<T>(
  { session, path, mode = 'persistent' }: Place,
  look: () => T | undefined,
  signal?: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    let finish: (() => void) | undefined = () => undefined
    const settle = (how: () => void): void => {
      finish?.()
      finish = undefined
      how()
    }
    const ask = (): void => {
      if (finish === undefined) return
      try {
        const seen = look()
        if (seen !== undefined) settle(() => resolve(seen))
      } catch (error) {
        if (codeOf(error) === 'CONNECTION_LOSS') return
        settle(() => reject(endOf(session) ?? error))
      }
    }
    ask()
    if (finish === undefined) return
    const onEnd = (error: Error): void => settle(() => reject(error))
    const stop = observe(session, path, mode, { onEvent: ask, onState: ask, onEnd })
    const stopListening = signal && onAbort(signal, () => settle(() => reject(signal.reason)))
    finish = () => {
      stop()
      stopListening?.()
    }
  })
}
