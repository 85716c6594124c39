/**
 * A snapshot and the log after its start give the state: raw rows, taken while txns went on, are made exact by replaying
 * every txn from the snapshot's start over them, at its end and at any later point; and replaying twice is the same as
 * once. Rows and txns are replayed here by a few lines of their own.
 */
import { formatZxid } from '../../../lib/protocol/zxid.js'
import type { Zxid } from '../../../lib/protocol/zxid.js'
import type { SessionId } from '../../../lib/protocol/request.js'
import type { Txn, TxnBody } from '../../../lib/tree/txn.js'
import type { Entry } from '../../../lib/zab/entry.js'
import type { SnapshotSeen } from '../inside.js'
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'
import type { ZnodeHistory } from '../znode-history.js'

interface Row {
  readonly czxid: Zxid
  readonly mzxid: Zxid
  readonly version: number
  readonly owner: SessionId
}

export class Replay implements Checker {
  readonly name = 'replay'
  readonly sees = ['snapshot'] as const
  readonly #history: ZnodeHistory

  constructor(history: ZnodeHistory) {
    this.#history = history
  }

  observe(observation: Observation): void {
    if (observation.kind === 'snapshot') this.#onSnapshot(observation)
  }

  #onSnapshot({ where, start, end, znodes, sessions, log }: SnapshotSeen): void {
    const rows = new Map<string, Row>(znodes.map((row) => [row.path, row]))
    const upTo = (last: Zxid): Entry<Txn>[] => {
      // What an earlier leader could not decide may still stand at the end of the log.
      return log.filter(({ zxid }) => {
        return zxid > start && zxid <= last && this.#history.isDecided(zxid)
      })
    }
    for (const entry of upTo(end)) replay(rows, entry)
    this.#compare(rows, end, `${where}, at its end`)
    for (const entry of upTo(end)) replay(rows, entry)
    this.#compare(rows, end, `${where}, replayed twice`)
    const later = this.#history.last
    for (const entry of upTo(later)) if (entry.zxid > end) replay(rows, entry)
    const last = upTo(later).at(-1)?.zxid ?? end
    this.#compare(rows, Math.max(last, end), `${where}, and what is decided after it`)
    const wanted = this.#history.sessionsAt(end)
    const isSame = sessions.length === wanted.length && sessions.every((id) => wanted.includes(id))
    demand(isSame, this.name, () => {
      return `${where} has sessions ${sessions.join()}; decided are ${wanted.join()}`
    })
  }

  #compare(rows: ReadonlyMap<string, Row>, position: Zxid, where: string): void {
    let count = 0
    for (const [path, row] of rows) {
      count += 1
      const wanted = this.#history.stateAt(path, position)
      const isSame =
        row.czxid === wanted?.czxid &&
        row.mzxid === wanted.mzxid &&
        row.version === wanted.version &&
        row.owner === wanted.owner
      demand(isSame, this.name, () => {
        return `${where}: ${path} is ${told(row)}; at ${formatZxid(position)} it was ${told(wanted)}`
      })
    }
    const wanted = this.#history.sizeAt(position)
    demand(count === wanted, this.name, () => `${where}: ${count} znodes instead of ${wanted}`)
  }
}

/** Tolerant: what a row has seen already, or what is gone again, is no matter. */
function replay(rows: Map<string, Row>, { zxid, txn }: Entry<Txn>): void {
  const run = (body: TxnBody): void => {
    switch (body.kind) {
      case 'create':
        rows.set(body.path, { czxid: zxid, mzxid: zxid, version: 0, owner: body.owner })
        return
      case 'setData': {
        const row = rows.get(body.path)
        if (row !== undefined) rows.set(body.path, { ...row, mzxid: zxid, version: body.version })
        return
      }
      case 'delete':
        rows.delete(body.path)
        return
      case 'multi':
        for (const operation of body.operations) if (operation.kind !== 'check') run(operation)
        return
      case 'closeSession':
        for (const path of body.paths) rows.delete(path)
        return
      case 'register':
        for (const each of body.closed) run(each)
        return
      default:
    }
  }
  run(txn.body)
}

function told(row: Row | undefined): string {
  if (row === undefined) return 'not there'
  const { czxid, mzxid, version, owner } = row
  return `version ${version} of ${formatZxid(mzxid)}, created ${formatZxid(czxid)}, owner ${formatZxid(owner)}`
}
