/** Rejecting at once on an abort, and tidying up when what was asked for comes all the same. */
import { onAbort } from '../session/abort.js'

/**
 * For what must not be told of the signal, because only its answer says what there is to undo.
 *
 * @param undo What came after the abort. Must not throw.
 */
export function abortable<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  undo: (late: T) => void,
): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    let isOpen = true
    const abort = (): void => {
      isOpen = false
      reject(signal.reason)
    }
    const stop = onAbort(signal, abort)
    if (signal.aborted) abort()
    promise.then(
      (value) => {
        stop()
        if (isOpen) resolve(value)
        else undo(value)
      },
      (error: unknown) => {
        stop()
        reject(error)
      },
    )
  })
}
