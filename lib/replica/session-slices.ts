/**
 * The sessions of a snapshot, cut into slices that fit a message, and put together again.
 *
 * One session may keep thousands of outcomes, those of multis with a thousand results each: it then comes as
 * several records in a row, each with some of them.
 */
import { assert } from '../base/assert.js'
import { SNAPSHOT_SLICE_BYTES } from '../base/limits.js'
import type { KeptOutcome, SessionRecord } from '../tree/record.js'

const SESSION_BYTES = 128
const OUTCOME_BYTES = 192
const RESULT_BYTES = 192

export function sliceSessions(sessions: readonly SessionRecord[]): SessionRecord[][] {
  const slices: SessionRecord[][] = []
  let slice: SessionRecord[] = []
  let bytes = 0
  for (const record of sessions) {
    for (const outcomes of sliceOutcomes(record.outcomes)) {
      const size = SESSION_BYTES + sizeOf(outcomes)
      if (slice.length > 0 && bytes + size > SNAPSHOT_SLICE_BYTES) {
        slices.push(slice)
        slice = []
        bytes = 0
      }
      slice.push({ ...record, outcomes })
      bytes += size
    }
  }
  if (slice.length > 0) slices.push(slice)
  return slices
}

/** Adds a slice to what came before it. */
export function joinSessions(sessions: SessionRecord[], slice: readonly SessionRecord[]): void {
  for (const record of slice) {
    const last = sessions.at(-1)
    if (last?.id !== record.id) {
      sessions.push(record)
      continue
    }
    assert(last.lastCxid === record.lastCxid, 'the parts of a session are of one moment')
    sessions[sessions.length - 1] = { ...last, outcomes: [...last.outcomes, ...record.outcomes] }
  }
}

/** At least one part, which may be empty. */
function sliceOutcomes(outcomes: readonly KeptOutcome[]): KeptOutcome[][] {
  const parts: KeptOutcome[][] = [[]]
  let bytes = 0
  for (const kept of outcomes) {
    const size = sizeOf([kept])
    if (bytes > 0 && bytes + size > SNAPSHOT_SLICE_BYTES) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)?.push(kept)
    bytes += size
  }
  return parts
}

function sizeOf(outcomes: readonly KeptOutcome[]): number {
  let bytes = 0
  for (const { outcome } of outcomes) {
    bytes += OUTCOME_BYTES
    if (outcome.kind !== 'ok') continue
    const { result } = outcome
    if (result.kind === 'create') bytes += result.path.length
    if (result.kind !== 'multi') continue
    for (const each of result.results) {
      bytes += RESULT_BYTES + (each.kind === 'create' ? each.path.length : 0)
    }
  }
  return bytes
}
