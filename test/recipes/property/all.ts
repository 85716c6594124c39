/** Every recipe's property, by name. */
import type { Property } from './frame.js'
import { COORDINATION_PROPERTIES } from './coordination.js'
import { LIVE_PROPERTIES } from './live.js'
import { LOCK_PROPERTIES } from './locks.js'
import { QUEUE_PROPERTIES } from './queues.js'

export const PROPERTIES: readonly Property[] = [
  ...LOCK_PROPERTIES,
  ...LIVE_PROPERTIES,
  ...COORDINATION_PROPERTIES,
  ...QUEUE_PROPERTIES,
]
