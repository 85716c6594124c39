/** What a server answers, read from its bytes: replies, watch events, and the answer to a connection. */
import { OP } from './ask.js'
import type { AclEntry, Ask } from './ask.js'
import { Reader } from './jute.js'

/** As the protocol has it; zxids and session ids are 64 bits. */
export interface WireStat {
  readonly czxid: bigint
  readonly mzxid: bigint
  readonly ctime: bigint
  readonly mtime: bigint
  readonly version: number
  readonly cversion: number
  readonly aversion: number
  readonly ephemeralOwner: bigint
  readonly dataLength: number
  readonly numChildren: number
  readonly pzxid: bigint
}

/** The body of a reply: the fields that its kind has, null as `null`. */
export interface Body {
  readonly path?: string | null
  readonly stat?: WireStat
  /** latin1, so that every byte is seen. */
  readonly data?: string | null
  readonly acl?: readonly AclEntry[] | null
  /** Sorted: their order means nothing. */
  readonly children?: readonly string[] | null
  readonly count?: number
  readonly error?: number
  /** `scheme user`, sorted: they are a set. */
  readonly users?: readonly string[] | null
  readonly results?: readonly OperationBody[]
}

export interface OperationBody extends Body {
  readonly type: number
}

export interface Reply {
  readonly xid: number
  readonly zxid: bigint
  readonly err: number
  readonly body: Body | undefined
  /** Bytes behind what was expected; 0 of a server that keeps to the protocol. */
  readonly rest: number
}

export interface Event {
  readonly zxid: bigint
  readonly type: number
  readonly state: number
  readonly path: string
}

export interface Connected {
  readonly timeoutMs: number
  readonly session: bigint
  readonly password: Buffer
  readonly readOnly: boolean | undefined
}

export function readConnected(frame: Buffer): Connected {
  const reader = new Reader(frame)
  reader.int()
  return {
    timeoutMs: reader.int(),
    session: reader.long(),
    password: reader.buffer() ?? Buffer.alloc(0),
    readOnly: reader.rest > 0 ? reader.boolean() : undefined,
  }
}

export function readHeader(reader: Reader): Pick<Reply, 'xid' | 'zxid' | 'err'> {
  return { xid: reader.int(), zxid: reader.long(), err: reader.int() }
}

export function readEvent(reader: Reader, zxid: bigint): Event {
  return { zxid, type: reader.int(), state: reader.int(), path: reader.text() ?? '' }
}

/** @param ask What the reply answers. */
export function readReply(frame: Buffer, ask: Ask): Reply {
  const reader = new Reader(frame)
  const header = readHeader(reader)
  const body = header.err === 0 ? readBody(reader, ask) : undefined
  return { ...header, body, rest: reader.rest }
}

function readBody(reader: Reader, ask: Ask): Body | undefined {
  switch (ask.op) {
    case 'create':
    case 'sync':
      return { path: reader.text() ?? null }
    case 'create2':
    case 'createContainer':
    case 'createTtl':
      return { path: reader.text() ?? null, stat: readStat(reader) }
    case 'exists':
    case 'setData':
    case 'setAcl':
      return { stat: readStat(reader) }
    case 'getData':
      return { data: readData(reader), stat: readStat(reader) }
    case 'getAcl':
      return { acl: readAcl(reader), stat: readStat(reader) }
    case 'getChildren':
      return { children: readNames(reader) }
    case 'getEphemerals':
      return { children: readNames(reader) }
    case 'getChildren2':
      return { children: readNames(reader), stat: readStat(reader) }
    case 'getAllChildrenNumber':
      return { count: reader.int() }
    case 'multi':
    case 'multiRead':
      return { results: readResults(reader) }
    case 'addWatch':
      return { error: reader.int() }
    case 'whoAmI':
      return { users: readUsers(reader) }
    default:
      return undefined
  }
}

function readResults(reader: Reader): OperationBody[] {
  const results: OperationBody[] = []
  for (;;) {
    const type = reader.int()
    const done = reader.boolean()
    const err = reader.int()
    if (done) return results
    results.push({ type, ...readResult(reader, type, err) })
  }
}

function readResult(reader: Reader, type: number, err: number): Body {
  switch (type) {
    case -1:
      return { error: reader.int() }
    case OP.create:
      return { path: reader.text() ?? null }
    case OP.create2:
    case OP.createTtl:
    case OP.createContainer:
      return { path: reader.text() ?? null, stat: readStat(reader) }
    case OP.setData:
      return { stat: readStat(reader) }
    case OP.getData:
      return { data: readData(reader), stat: readStat(reader) }
    case OP.getChildren:
      return { children: readNames(reader) }
    case OP.delete:
    case OP.check:
      return {}
    default:
      throw new RangeError(`a result of a multi of type ${type}, error ${err}`)
  }
}

function readData(reader: Reader): string | null {
  return reader.buffer()?.toString('latin1') ?? null
}

function readNames(reader: Reader): string[] | null {
  return reader.vector(() => reader.text() ?? '')?.toSorted() ?? null
}

function readUsers(reader: Reader): string[] | null {
  return reader.vector(() => `${reader.text()} ${reader.text()}`)?.toSorted() ?? null
}

function readAcl(reader: Reader): AclEntry[] | null {
  const read = (): AclEntry => [reader.int(), reader.text() ?? '', reader.text() ?? '']
  return reader.vector(read) ?? null
}

function readStat(reader: Reader): WireStat {
  return {
    czxid: reader.long(),
    mzxid: reader.long(),
    ctime: reader.long(),
    mtime: reader.long(),
    version: reader.int(),
    cversion: reader.int(),
    aversion: reader.int(),
    ephemeralOwner: reader.long(),
    dataLength: reader.int(),
    numChildren: reader.int(),
    pzxid: reader.long(),
  }
}
