import test from 'ava'
import { originKey } from '../../../lib/tree/session-state.js'
import type { Observation } from '../observation.js'
import { Attachment } from './attachment.js'
import { attaches, closes, opensRemote } from './history.js'
import { decided, isGreen, isRed } from './verdict.js'

const make = (): Attachment => new Attachment()

function wants(number: number, from: number, session = 1): Observation {
  const origin = originKey({ replica: 1, incarnationKey: 1, view: 1, number })
  return { kind: 'wanted', origin, session, from }
}

const born = decided(opensRemote(1))
const refused = (code: string): Observation => ({ kind: 'unattached', session: 1, code })

test('of two who want a session from one View, the second to get it is found', (t) => {
  const both = [born, wants(7, 1), wants(8, 1), decided(attaches(2, 1, 7))]
  isGreen(t, make, ...both, refused('SESSION_MOVED'))
  isRed(t, make, ...both, decided(attaches(3, 1, 8)))
  isGreen(t, make, ...both, wants(9, 2), decided(attaches(3, 1, 9)))
  isRed(t, make, ...both, wants(9, 1), decided(attaches(3, 1, 9)))
})

test('a session that nobody wants there, that was given already, or that is over, is found', (t) => {
  isRed(t, make, born, decided(attaches(2, 1, 7)))
  isRed(t, make, born, wants(7, 1, 4), decided(attaches(2, 1, 7)))
  const once = [born, wants(7, 1), decided(attaches(2, 1, 7))]
  isRed(t, make, ...once, wants(7, 2), decided(attaches(3, 1, 7)))
  isRed(t, make, born, wants(7, 1), decided(closes(2, 1)), decided(attaches(3, 1, 7)))
})

test('a refusal without a reason, and a View that has what nobody gave it, are found', (t) => {
  isRed(t, make, born, refused('SESSION_EXPIRED'))
  isRed(t, make, born, refused('SESSION_MOVED'))
  isRed(t, make, born, refused('OVERLOADED'))
  isGreen(t, make, born, refused('CONNECTION_LOSS'))
  isGreen(t, make, born, decided(closes(2, 1)), refused('SESSION_EXPIRED'))
  const opened = (attached: number): Observation => {
    return { kind: 'opened', number: 5, session: 1, attached }
  }
  isGreen(t, make, born, opened(1))
  isRed(t, make, born, opened(2))
})
