/** From the result that the ensemble recorded to the shape that a method of the session answers with. */
import { InvariantError } from '../base/assert.js'
import type { OperationResult, OutcomeResult } from '../protocol/request.js'
import type { Stat } from '../protocol/stat.js'
import type { Audience } from './session-watches.js'

/** By whose names paths are told. */
type Names = Pick<Audience, 'leave'>

export interface Created {
  path: string
  stat: Stat
}

export function nothing(): void {}

export function created(names: Names): (result: OutcomeResult) => string {
  return (result) => createdWithStat(names)(result).path
}

export function createdWithStat(names: Names): (result: OutcomeResult) => Created {
  return (result) => {
    if (result.kind === 'create') return { path: names.leave(result.path), stat: result.stat }
    throw new InvariantError('a create answers with its path')
  }
}

export function statFrom(result: OutcomeResult): Stat {
  if (result.kind === 'setData' || result.kind === 'setAcl') return result.stat
  throw new InvariantError('what sets data or an ACL answers with its stat')
}

/** Copies: the table of outcomes holds the originals. */
export function resultsFrom(names: Names): (result: OutcomeResult) => OperationResult[] {
  return (result) => {
    if (result.kind !== 'multi') throw new InvariantError('a multi answers with its results')
    return result.results.map((part) => {
      return part.kind === 'create' ? { ...part, path: names.leave(part.path) } : { ...part }
    })
  }
}
