/** Times as the command reads and shows them. */
import { usageFailure } from './failure.js'

/** A number of ms. */
export function durationOf(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text) && Number(text) > 0) return Number(text)
  throw usageFailure(`${name} ${text}: expected a number of ms`)
}

/** Wall clock, ms since 1970, as text; what no calendar has stays a number. */
export function timeText(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms)
}
