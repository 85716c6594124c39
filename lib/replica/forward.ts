/** Requests on their way to the leader, in messages that fit a frame. */
import { PROPOSAL_BYTES_MAX } from '../base/limits.js'
import type { Request } from '../protocol/request.js'
import type { ForwardMessage } from './message.js'
import { sizeOfRequest } from './size.js'

export function forwardMessages(requests: readonly Request[]): ForwardMessage[] {
  const messages: ForwardMessage[] = []
  let batch: Request[] = []
  let bytes = 0
  for (const request of requests) {
    const size = sizeOfRequest(request)
    if (batch.length > 0 && bytes + size > PROPOSAL_BYTES_MAX) {
      messages.push({ kind: 'forward', requests: batch })
      batch = []
      bytes = 0
    }
    batch.push(request)
    bytes += size
  }
  if (batch.length > 0) messages.push({ kind: 'forward', requests: batch })
  return messages
}
