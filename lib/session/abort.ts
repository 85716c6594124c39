/**
 * Hearing of an abort without a listener per request: one signal may guard thousands of writes in flight, and Node.js
 * warns of a leak from eleven listeners on.
 */

interface Ears {
  readonly callbacks: Set<() => void>
  readonly listener: () => void
}

const ears = new WeakMap<AbortSignal, Ears>()

/**
 * Calls back once if the signal is aborted. Callbacks are told apart by identity and called in the order they came.
 *
 * @returns Stops it; afterwards the signal holds on to nothing of the callback.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const { callbacks } = earsOf(signal)
  callbacks.add(callback)
  return () => {
    callbacks.delete(callback)
    const known = ears.get(signal)
    if (callbacks.size > 0 || known?.callbacks !== callbacks) return
    signal.removeEventListener('abort', known.listener)
    ears.delete(signal)
  }
}

function earsOf(signal: AbortSignal): Ears {
  const known = ears.get(signal)
  if (known !== undefined) return known
  const callbacks = new Set<() => void>()
  const listener = (): void => {
    for (const callback of callbacks) callback()
  }
  const made = { callbacks, listener }
  ears.set(signal, made)
  signal.addEventListener('abort', listener, { once: true })
  return made
}
