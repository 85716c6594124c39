/** The first frame of each direction: what a client wants of a server, and what it gets. Neither has a header. */
import type { Long } from './long.js'
import { JuteReader } from './reader.js'
import { JuteWriter } from './writer.js'

/** Bytes of every password that ZooKeeper or we give. */
export const PASSWORD_BYTES = 16

export interface ConnectRequest {
  readonly protocolVersion: number
  /** The client has seen this: a server that has not must send it away. */
  readonly lastZxidSeen: Long
  readonly timeoutMs: number
  /** 0 asks for a new session. */
  readonly sessionId: Long
  /** `undefined` is null: some clients send it with session 0. */
  readonly password: Uint8Array | undefined
  /** Would a server without a quorum do? `undefined`: a client of ZooKeeper before 3.4 that does not know the field. */
  readonly readOnly: boolean | undefined
}

export interface ConnectResponse {
  readonly protocolVersion: number
  /** As negotiated; 0: there is no such session, or that is not its password. */
  readonly timeoutMs: number
  readonly sessionId: Long
  readonly password: Uint8Array | undefined
  /** `undefined` to a client that did not send its own. */
  readonly readOnly: boolean | undefined
}

/** @throws JuteError */
export function decodeConnectRequest(frame: Uint8Array): ConnectRequest {
  const reader = new JuteReader(frame)
  const protocolVersion = reader.int()
  const lastZxidSeen = reader.long()
  const timeoutMs = reader.int()
  const sessionId = reader.long()
  const password = reader.buffer()
  const readOnly = readReadOnly(reader)
  reader.end()
  return { protocolVersion, lastZxidSeen, timeoutMs, sessionId, password, readOnly }
}

export function encodeConnectRequest(request: ConnectRequest): Uint8Array {
  const writer = new JuteWriter()
  writer.frame(() => {
    writer.int(request.protocolVersion)
    writer.long(request.lastZxidSeen)
    writer.int(request.timeoutMs)
    writer.long(request.sessionId)
    writer.buffer(request.password)
    if (request.readOnly !== undefined) writer.bool(request.readOnly)
  })
  return writer.take()
}

/** @throws JuteError */
export function decodeConnectResponse(frame: Uint8Array): ConnectResponse {
  const reader = new JuteReader(frame)
  const protocolVersion = reader.int()
  const timeoutMs = reader.int()
  const sessionId = reader.long()
  const password = reader.buffer()
  const readOnly = readReadOnly(reader)
  reader.end()
  return { protocolVersion, timeoutMs, sessionId, password, readOnly }
}

export function encodeConnectResponse(response: ConnectResponse): Uint8Array {
  const writer = new JuteWriter()
  writer.frame(() => {
    writer.int(response.protocolVersion)
    writer.int(response.timeoutMs)
    writer.long(response.sessionId)
    writer.buffer(response.password)
    if (response.readOnly !== undefined) writer.bool(response.readOnly)
  })
  return writer.take()
}

function readReadOnly(reader: JuteReader): boolean | undefined {
  return reader.rest === 0 ? undefined : reader.bool()
}
