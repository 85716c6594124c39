/**
 * Listeners of a session's own events. Not an EventEmitter: no name is special, and one listener's throw is
 * kept from the others and from us.
 */
import { badArguments, describe } from './arguments.js'
import { microtask } from './microtask.js'

type Listener = (...args: never[]) => void

/**
 * The application's listener threw: that is the application's error. It is rethrown from a microtask of its own,
 * which cannot run before the batch at hand is applied, fired and settled.
 */
export function rethrowLater(error: unknown): void {
  microtask(() => {
    throw error
  })
}

export class Listeners<Events extends Record<keyof Events, Listener>> {
  readonly #listeners = new Map<
    keyof Events,
    { readonly listener: Listener; readonly once: boolean }[]
  >()

  constructor(names: readonly (keyof Events & string)[]) {
    for (const name of names) this.#listeners.set(name, [])
  }

  add<Name extends keyof Events & string>(name: Name, listener: Events[Name], once: boolean): void {
    if (typeof listener !== 'function') {
      throw badArguments(`a listener is a function, not ${describe(listener)}`)
    }
    this.#listeners.set(name, [...this.#of(name), { listener, once }])
  }

  /** Removes the newest registration of the listener; one that is not registered is ignored. */
  remove<Name extends keyof Events & string>(name: Name, listener: Events[Name]): void {
    const entries = this.#of(name)
    const index = entries.findLastIndex((entry) => entry.listener === listener)
    if (index >= 0) this.#listeners.set(name, entries.toSpliced(index, 1))
  }

  /** Calls those registered when it began, in the order of registration. */
  emit<Name extends keyof Events & string>(name: Name, ...args: Parameters<Events[Name]>): void {
    for (const entry of this.#of(name)) {
      if (entry.once) this.#drop(name, entry.listener)
      try {
        Reflect.apply(entry.listener, undefined, args)
      } catch (error) {
        rethrowLater(error)
      }
    }
  }

  clear(): void {
    for (const name of this.#listeners.keys()) this.#listeners.set(name, [])
  }

  #drop(name: keyof Events & string, listener: Listener): void {
    const entries = this.#of(name)
    this.#listeners.set(
      name,
      entries.filter((entry) => !(entry.once && entry.listener === listener)),
    )
  }

  #of(name: keyof Events & string): { readonly listener: Listener; readonly once: boolean }[] {
    const entries = this.#listeners.get(name)
    if (entries === undefined) throw badArguments(`no event is named ${describe(name)}`)
    return entries
  }
}
