/** What happens, in words: for whoever reads the way to a violation. */
import { formatZxid } from '../../lib/protocol/zxid.js'
import type { Facts } from './machine.js'
import type { Action } from './action.js'
import { memberAt } from './pair.js'
import type { End, Item } from './pair.js'

type HeadOf = (pair: number, generation: number, end: End) => Item | undefined

export function tell(action: Action, headOf: HeadOf): string {
  switch (action.kind) {
    case 'deliver':
    case 'hearDown': {
      const { pair, generation, end, kind } = action
      const [member, other] = memberAt(pair, end)
      const from = `${member + 1} <- ${other + 1} (link ${generation})`
      if (kind === 'hearDown') return `${from}: the link is down`
      const item = headOf(pair, generation, end)
      if (item?.kind !== 'message') return `${from}: the link is up`
      return `${from}: ${JSON.stringify(item.message)}`
    }
    case 'follow':
      return `${action.member + 1} follows ${action.other + 1}`
    case 'crash':
    case 'leave': {
      const { kind, member, kept } = action
      const what = kind === 'crash' ? 'crashes, and is started again' : 'crashes for good'
      return `*** ${member + 1} ${what}; of the writes on their way ${kept} reach its disk`
    }
    case 'break':
      return `*** link ${action.generation} of ${memberAt(action.pair, 0)
        .map((each) => each + 1)
        .join('-')} breaks`
    case 'stall':
      return `*** ${action.member + 1} hears nothing for a long time`
    case 'persisted':
      return `${action.member + 1}: its oldest write is on its disk`
    case 'ask':
      return `${action.member + 1} is asked for something by a client`
    case 'request':
      return `${action.member + 1} is asked for ${action.request}`
    case 'lead':
      return `${action.member + 1} begins to lead`
    case 'finalize':
    case 'timeout':
      return `${action.member + 1}: its deadline has come`
    case 'pass':
      return `${action.member + 1}: ${action.ms} ms go by`
  }
}

export function describeMember(id: number, facts: Facts | undefined): string {
  if (facts === undefined) return `${id} is down`
  const { role, stage, epoch, voter, serving, lastZxid, committed } = facts
  const how = `${stage === '' ? '' : `/${stage}`}${serving ? '*' : ''}`
  const log = `${formatZxid(committed)}≤${formatZxid(lastZxid)}`
  return `${id}@${epoch} ${role}${how}${voter ? '' : ' voteless'} ${log}`
}
