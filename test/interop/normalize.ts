/**
 * Transcripts of two servers made comparable: zxids become positions among the writes that succeeded, sessions become
 * numbers in the order of their opening, times become "the time of that txn". Nothing that a client could tell apart
 * is dropped here; what may differ all the same is a rule in divergences.ts.
 */
import type { Body, Event, OperationBody, Reply, WireStat } from './answer.js'
import { isWrite } from './ask.js'
import type { Ask } from './ask.js'
import type { Client } from './script.js'
import { AFTER, BEFORE } from './play.js'
import type { Life, Transcript } from './play.js'

export type Line =
  | {
      readonly kind: 'reply'
      readonly tag: string
      readonly ask: Ask
      readonly err: number
      readonly zxid: string
      readonly body: ComparableBody | undefined
    }
  | { readonly kind: 'event'; readonly event: Event; readonly zxid: string }
  | { readonly kind: 'other'; readonly text: string }

/** The fields of a Body, with names instead of numbers in its Stat. */
export type ComparableBody = Readonly<Record<string, unknown>>

/** One connection, comparable. */
export interface Story {
  readonly client: Client
  readonly step: number
  readonly connected: string
  readonly lines: readonly Line[]
}

export function normalize(transcript: Transcript): Story[] {
  const names = new Names(transcript)
  return transcript.lives.map((life) => ({
    client: life.client,
    step: life.step,
    connected: names.connected(life),
    lines: sortUnordered(life.received.map((entry) => names.line(entry))),
  }))
}

export function formatLine(line: Line): string {
  switch (line.kind) {
    case 'reply':
      return `${line.ask.op} err ${line.err} zxid ${line.zxid} ${JSON.stringify(line.body) ?? ''}`
    case 'event':
      return `event ${line.event.type} state ${line.event.state} ${JSON.stringify(line.event.path)} zxid ${line.zxid}`
    case 'other':
      return line.text
  }
}

/** What the numbers of one server are called, so that they can be compared with another's. */
class Names {
  readonly #sessions = new Map<bigint, string>()
  /** zxids of the writes that succeeded, ascending. */
  readonly #writes: readonly bigint[]
  readonly #ranks = new Map<bigint, number>()
  readonly #times = new Map<bigint, bigint>()

  constructor(transcript: Transcript) {
    for (const { connected } of transcript.lives) {
      const session = connected?.session ?? 0n
      if (session !== 0n && !this.#sessions.has(session)) {
        this.#sessions.set(session, `session ${this.#sessions.size}`)
      }
    }
    const writes = new Set<bigint>()
    for (const { received } of transcript.lives) {
      for (const entry of received) {
        if (entry.kind === 'reply' && succeeded(entry.ask, entry.reply))
          writes.add(entry.reply.zxid)
      }
    }
    this.#writes = [...writes].toSorted((a, b) => (a < b ? -1 : 1))
    for (const [rank, zxid] of this.#writes.entries()) this.#ranks.set(zxid, rank)
  }

  connected({ connected }: Life): string {
    if (connected === undefined) return 'closed'
    const { timeoutMs, session, password, readOnly } = connected
    const secret = password.every((byte) => byte === 0)
      ? 'no password'
      : `password of ${password.length}`
    return `${this.#session(session)} timeout ${timeoutMs} ${secret} readOnly ${readOnly}`
  }

  line(entry: Life['received'][number]): Line {
    switch (entry.kind) {
      case 'reply':
        return this.#reply(entry.tag, entry.ask, entry.reply)
      case 'event':
        return { kind: 'event', event: entry.event, zxid: this.#position(entry.event.zxid) }
      case 'strange':
        return { kind: 'other', text: `strange: ${entry.text}` }
      case 'closed':
        return { kind: 'other', text: 'closed' }
    }
  }

  #reply(tag: string, ask: Ask, reply: Reply): Line {
    const body = reply.body === undefined ? undefined : this.#body(reply.body)
    const rest = reply.rest === 0 ? {} : { bytesMore: reply.rest }
    return {
      kind: 'reply',
      tag,
      ask,
      err: reply.err,
      zxid: this.#position(reply.zxid),
      body: body === undefined && reply.rest === 0 ? undefined : { ...body, ...rest },
    }
  }

  #body(body: Body | OperationBody): ComparableBody {
    const stat = body.stat === undefined ? {} : { stat: this.#stat(body.stat) }
    const results =
      body.results === undefined
        ? {}
        : { results: body.results.map((result) => this.#body(result)) }
    return { ...body, ...stat, ...results }
  }

  #stat(stat: WireStat): object {
    return {
      ...stat,
      czxid: this.#exact(stat.czxid),
      mzxid: this.#exact(stat.mzxid),
      pzxid: this.#exact(stat.pzxid),
      ctime: this.#time(stat.czxid, stat.ctime),
      mtime: this.#time(stat.mzxid, stat.mtime),
      ephemeralOwner: stat.ephemeralOwner === 0n ? 'none' : this.#session(stat.ephemeralOwner),
    }
  }

  /** The write that succeeded with this zxid; of any other zxid, only behind which write it is. */
  #exact(zxid: bigint): string {
    if (zxid === 0n) return '0'
    const rank = this.#ranks.get(zxid)
    return rank === undefined ? this.#position(zxid) : `w${rank}`
  }

  /** The newest successful write at or before it. */
  #position(zxid: bigint): string {
    if (zxid <= 0n) return `${zxid}`
    let low = 0
    let high = this.#writes.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#writes[middle] ?? 0n) <= zxid) low = middle + 1
      else high = middle
    }
    return `≥w${low - 1}`
  }

  /** Times are equal where the txn is. */
  #time(zxid: bigint, time: bigint): string {
    if (zxid === 0n) return `${time}`
    const known = this.#times.get(zxid)
    if (known === undefined) this.#times.set(zxid, time)
    const age = Date.now() - Number(time)
    if (age < -5000 || age > 3_600_000) return `${time}: not now`
    return known === undefined || known === time ? 'its txn' : `${time}, not ${known}`
  }

  #session(id: bigint): string {
    return id === 0n ? 'no session' : (this.#sessions.get(id) ?? `unknown session ${id}`)
  }
}

function succeeded(ask: Ask, reply: Reply): boolean {
  if (!isWrite(ask) || reply.err !== 0) return false
  return reply.body?.results?.every((result) => result.type !== -1) ?? true
}

/** The ephemerals of a session that ends go in any order, and so do their events. */
function sortUnordered(lines: readonly Line[]): Line[] {
  const sorted: Line[] = []
  let from: number | undefined
  for (const line of lines) {
    const tag = line.kind === 'reply' ? line.tag : ''
    const isEnd = tag.startsWith(AFTER) || (line.kind === 'reply' && line.ask.op === 'close')
    if (isEnd && from !== undefined) {
      const unordered = sorted.splice(from)
      sorted.push(...unordered.toSorted((a, b) => (formatLine(a) < formatLine(b) ? -1 : 1)))
      from = undefined
    }
    sorted.push(line)
    if (tag.startsWith(BEFORE)) from = sorted.length
  }
  return sorted
}
