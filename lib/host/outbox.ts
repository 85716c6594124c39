/**
 * Messages to one peer within one turn. They leave as few frames; what a later message makes superfluous
 * (an older commit, an older ack) is dropped, and neighbouring proposals become one.
 */
import type { Message } from '../replica/message.js'

export class Outbox {
  #messages: Message[] = []

  push(message: Message): void {
    const last = this.#messages.at(-1)
    const merged = last === undefined ? undefined : merge(last, message)
    if (merged === undefined) this.#messages.push(message)
    else this.#messages[this.#messages.length - 1] = merged
  }

  take(): readonly Message[] {
    const messages = this.#messages
    if (messages.length > 0) this.#messages = []
    return messages
  }
}

/** One message that says what both say, in their order; `undefined` if there is none. */
function merge(last: Message, next: Message): Message | undefined {
  // Commits and acks are cumulative.
  if (last.kind === 'commit' && next.kind === 'commit') return next
  if (last.kind === 'ack' && next.kind === 'ack') return next
  if (last.kind === 'proposal' && next.kind === 'proposal') {
    return { kind: 'proposal', entries: [...last.entries, ...next.entries] }
  }
  if (last.kind === 'forward' && next.kind === 'forward') {
    return { kind: 'forward', requests: [...last.requests, ...next.requests] }
  }
  return undefined
}
