/** What can happen to an ensemble, one thing at a time. */
import type { End } from './pair.js'

export type Action =
  | {
      readonly kind: 'deliver' | 'hearDown'
      readonly pair: number
      readonly generation: number
      readonly end: End
    }
  | { readonly kind: 'persisted' | 'finalize' | 'stall' | 'ask' | 'lead'; readonly member: number }
  | {
      readonly kind: 'follow'
      readonly member: number
      readonly other: number
      readonly link: number
    }
  | { readonly kind: 'crash' | 'leave'; readonly member: number; readonly kept: number }
  | { readonly kind: 'break'; readonly pair: number; readonly generation: number }
  | { readonly kind: 'pass'; readonly member: number; readonly ms: number }
  | { readonly kind: 'timeout'; readonly member: number }
  | { readonly kind: 'request'; readonly member: number; readonly request: string }

export function keyOf(action: Action): string {
  return Object.values(action).join(' ')
}
