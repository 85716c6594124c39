/**
 * From the txn on that gives a remote session to another View, nothing that was asked for through an earlier one takes
 * effect. What a txn writes is told from all other writes by its data.
 */
import { formatZxid } from '../../../lib/protocol/zxid.js'
import type { RequestBody } from '../../../lib/protocol/request.js'
import type { Txn, TxnBody } from '../../../lib/tree/txn.js'
import type { Entry } from '../../../lib/zab/entry.js'
import { Attachments, requestKey } from '../attachments.js'
import { demand } from '../observation.js'
import type { Asked, Checker, Observation } from '../observation.js'

export class Fencing implements Checker {
  readonly name = 'fencing'
  readonly sees = ['asked', 'decided'] as const
  /** Writes of remote clients, by their data. */
  readonly #byData = new Map<string, Asked>()
  readonly #asked = new Set<string>()
  readonly #attachments = new Attachments()

  observe(observation: Observation): void {
    if (observation.kind === 'asked') this.#onAsked(observation)
    if (observation.kind === 'decided') this.#onDecided(observation.entry)
  }

  #onAsked(asked: Asked): void {
    if (asked.attached === undefined) return
    this.#asked.add(requestKey(asked.session, asked.cxid, asked.attached))
    for (const data of dataOf(asked.body)) this.#byData.set(data, asked)
  }

  #onDecided(entry: Entry<Txn>): void {
    const { zxid, txn } = entry
    const key = this.#attachments.decided(entry)
    if (key === undefined || txn.origin === undefined) return
    const { session, cxid } = txn.origin
    const attached = this.#attachments.of(session)
    const what = `cxid ${cxid} of session ${formatZxid(session)} at ${formatZxid(zxid)}`
    if (attached !== session) {
      demand(this.#asked.has(key), this.name, () => {
        return `${what} was not asked for by the View that has it since ${formatZxid(attached)}`
      })
    }
    for (const data of dataOf(txn.body)) {
      const asked = this.#byData.get(data)
      if (asked === undefined) continue
      demand(asked.attached === attached, this.name, () => {
        return `${what} was asked for through an attachment of ${formatZxid(asked.attached ?? 0)}; it is another's since ${formatZxid(attached)}`
      })
    }
  }
}

/** Data of remote clients begins with a number of its own. */
function dataOf(body: RequestBody | TxnBody): string[] {
  if (body.kind === 'multi') return body.operations.flatMap((each) => dataOf(each as TxnBody))
  if ((body.kind !== 'create' && body.kind !== 'setData') || body.data === undefined) return []
  const text = new TextDecoder().decode(body.data)
  return /^\d+:/.test(text) ? [text] : []
}
