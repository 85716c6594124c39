/**
 * `expect …`: what a script guarantees, whatever its trace looks like. One that does not hold makes the script red, and
 * keeps it from being rewritten. `expect not …` is the opposite.
 */
import { formatZxid } from '../../lib/protocol/zxid.js'
import type { Core } from '../../lib/replica/core.js'
import type { Txn } from '../../lib/tree/txn.js'
import type { Entry } from '../../lib/zab/entry.js'
import type { Written } from './client.js'
import type { Ensemble } from './ensemble.js'
import type { Words } from './words.js'

/** Whether it holds, and what is there instead if it does not. */
interface Finding {
  readonly holds: boolean
  readonly found: string
}

type Expectation = (ensemble: Ensemble, words: Words) => Finding

const EXPECTATIONS: Readonly<Record<string, Expectation>> = {
  /** `leader 2`, `leader none`: who is established. One that is cut off may not know yet that it is replaced. */
  leader: (ensemble, words) => {
    const leaders = ensemble.running.filter((id) => {
      const status = ensemble.processOf(id).replica.status
      return status?.role === 'leading' && status.established
    })
    const wanted = words.accept('none') ? [] : words.numbers('a replica')
    return finding(leaders.join(' ') === wanted.join(' '), `leaders are [${leaders.join(' ')}]`)
  },
  /** `role 1 looking`. */
  role: (ensemble, words) => {
    const role = coreOf(ensemble, words).status().role
    return finding(role === words.next('a role'), role)
  },
  /** `same 1 2 3`: the same log, decided up to the same point, and the same state. */
  same: (ensemble, words) => {
    const all = words.numbers('a replica').map((id) => {
      const core = coreOfId(ensemble, id)
      const { history, tree } = core
      const places = [history.lastZxid, history.durableZxid, tree.lastZxid].map(formatZxid)
      return `${places.join(' ')} ${tree.digest}`
    })
    return finding(new Set(all).size === 1, all.join(', '))
  },
  /** `has 1 /a [data]`: in the state. */
  has: (ensemble, words) => has(ensemble, words),
  lacks: (ensemble, words) => {
    const { holds, found } = has(ensemble, words)
    return finding(!holds, found)
  },
  /** `logged 1 /a`: a txn of that path is in its log. */
  logged: (ensemble, words) => {
    const { history } = coreOf(ensemble, words)
    return named(history.between(history.base, history.lastZxid), words.next('a path'))
  },
  /** `durable 1 /a`: a txn of that path is on its disk. */
  durable: (ensemble, words) => {
    const { disk } = ensemble.member(words.number('a replica'))
    return named(disk.entries, words.next('a path'))
  },
  /** `snapshotted 1 /a`: that path is in the snapshot on its disk. */
  snapshotted: (ensemble, words) => {
    const { snapshot } = ensemble.member(words.number('a replica')).disk
    const path = words.next('a path')
    const holds = snapshot?.nodes.flat().some((node) => node.path === path) ?? false
    return finding(holds, holds ? `${path} is in it` : `no ${path} in it`)
  },
  /** `epochs 1 3/2`: accepted and current, on its disk. */
  epochs: (ensemble, words) => {
    const { acceptedEpoch, currentEpoch } = ensemble.member(words.number('a replica')).disk.meta
    const found = `${acceptedEpoch}/${currentEpoch}`
    return finding(found === words.next('epochs'), found)
  },
  /** `ends 1 2:7`: the last zxid of its log, in memory. */
  ends: (ensemble, words) => {
    const { lastZxid } = coreOf(ensemble, words).history
    return finding(lastZxid === words.zxid(), formatZxid(lastZxid))
  },
  /** `underway 1->2 ack`: a message of that kind is on its way. */
  underway: (ensemble, words) => {
    const { from, to } = words.arrow()
    const kind = words.next('a kind')
    const lanes = ensemble.links.flatMap((link) => link.lanes)
    const kinds = lanes
      .filter((lane) => lane.from === from && lane.to === to)
      .flatMap(({ queue }) =>
        queue.map((each) => (each.kind === 'end' ? 'end' : each.message.kind)),
      )
    return finding(kinds.includes(kind as never), `on the way are [${kinds.join(' ')}]`)
  },
  /** `vote 3`: its database may vote. */
  vote: (ensemble, words) => {
    const { isVoter } = coreOf(ensemble, words).history
    return finding(isVoter, isVoter ? 'it may vote' : 'it may not vote')
  },
  /** `answer w1 ok`, `answer w1 NO_NODE`, `answer w1 none`; told twice is `ok ok`. */
  answer: (ensemble, words) => {
    const { answers } = writtenBy(ensemble, words.next('the name of a write'))
    const found = answers.length === 0 ? 'none' : answers.join(' ')
    return finding(found === words.rest(), found)
  },
  /** `confirmed 1 3`: the newest heartbeat of its newest session that its View knows to be confirmed; 0 is none. */
  confirmed: (ensemble, words) => {
    const { client } = ensemble.processOf(words.number('a replica'))
    const found = client.confirmed.get(client.session?.id ?? 0) ?? 0
    return finding(found === words.number('a heartbeat'), `${found}`)
  },
  /** `count 3 truncations 1`: how often a rare thing has happened in this life of the replica. */
  count: (ensemble, words) => {
    const { counters } = coreOf(ensemble, words).status()
    const found = counters[words.next('a counter')] ?? 0
    return finding(found === words.number('a number'), `${found}`)
  },
  /** `down 2`: its process is gone. */
  down: (ensemble, words) => {
    const isDown = ensemble.member(words.number('a replica')).process === undefined
    return finding(isDown, isDown ? 'it is down' : 'it runs')
  },
  /** `linked 1 2`: the first knows of a link to the second. */
  linked: (ensemble, words) => {
    const { connected } = coreOf(ensemble, words).status()
    return finding(
      connected.includes(words.number('a replica')),
      `linked with [${connected.join(' ')}]`,
    )
  },
  /** `owner 3 1:7 2`: in the state of 3, session 1:7 belongs to the View of 2. */
  owner: (ensemble, words) => {
    const session = coreOf(ensemble, words).tree.sessions.get(words.zxid())
    const wanted = words.number('a replica')
    const found = session === undefined ? 'no such session' : `it is of ${session.origin.replica}`
    return finding(session?.origin.replica === wanted, found)
  },
  /** `sessions 1 3`: so many in its state. */
  sessions: (ensemble, words) => {
    const { size } = coreOf(ensemble, words).tree.sessions
    return finding(size === words.number('a number'), `${size}`)
  },
}

export function expectation(ensemble: Ensemble, words: Words): void {
  const isOpposite = words.accept('not')
  const name = words.next('an expectation')
  const expected = EXPECTATIONS[name]
  if (expected === undefined) throw new Error(`there is no expectation ${name}`)
  const { holds, found } = expected(ensemble, words)
  if (holds === isOpposite) ensemble.trace.complain(`it is otherwise: ${found}`)
}

function finding(holds: boolean, found: string): Finding {
  return { holds, found }
}

function coreOf(ensemble: Ensemble, words: Words): Core {
  return coreOfId(ensemble, words.number('a replica'))
}

function coreOfId(ensemble: Ensemble, id: number): Core {
  const { core } = ensemble.processOf(id).replica
  if (core === undefined) throw new Error(`replica ${id} is loading`)
  return core
}

function has(ensemble: Ensemble, words: Words): Finding {
  const { tree } = coreOf(ensemble, words)
  const path = words.next('a path')
  const znode = tree.get(path)
  if (znode === undefined) return finding(false, `no ${path}`)
  const text = new TextDecoder().decode(znode.data)
  if (words.isAtEnd) return finding(true, `${path}=${text}`)
  return finding(text === words.next('data'), `${path}=${text}`)
}

function named(entries: readonly Entry<Txn>[], path: string): Finding {
  const holds = entries.some(({ txn: { body } }) => {
    if (body.kind === 'multi')
      return body.operations.some((each) => 'path' in each && each.path === path)
    return 'path' in body && body.path === path
  })
  return finding(holds, holds ? `${path} is there` : `no ${path}`)
}

function writtenBy(ensemble: Ensemble, name: string): Written {
  for (const { process } of ensemble.members) {
    const written = process?.client.writes.find((each) => each.name === name)
    if (written !== undefined) return written
  }
  throw new Error(`there is no ${name}, or its process is gone`)
}
