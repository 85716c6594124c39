/** The commands of a script, but for `expect` (expectations.ts). What each does stands beside its name. */
import { DEFAULT_BOUNDS } from '../../lib/replica/options.js'
import type { ReplicaBounds } from '../../lib/replica/options.js'
import type { RequestBody } from '../../lib/protocol/request.js'
import type { Message } from '../../lib/replica/message.js'
import type { Operation } from '../../lib/protocol/request.js'
import { describeBody } from './describe.js'
import type { Ensemble } from './ensemble.js'
import { pairOf } from './ensemble.js'
import { expectation } from './expectations.js'
import { forge } from './forge.js'
import type { Lane } from './link.js'
import { tellLinks, tellLog, tellState } from './tables.js'
import { Words } from './words.js'

/** Sessions of a script live for ever, unless it says otherwise. */
const SESSION_TIMEOUT_MS = 3_600_000
/** How long `advance until leader` waits. */
const PATIENCE_MS = 60_000

type Command = (ensemble: Ensemble, words: Words) => void

const COMMANDS: Readonly<Record<string, Command>> = {
  /** `replicas 3 [observers 1] [bound=number …]`: an ensemble, nobody runs yet. */
  replicas,
  /** The same, started, with a leader and one open session at each member; without the trace. */
  formed: (ensemble, words) => {
    const { trace } = ensemble
    trace.isMuted = true
    replicas(ensemble, words)
    for (const { id, isVoter } of ensemble.members) if (isVoter) ensemble.start(id)
    ensemble.settle()
    for (const { id, isVoter } of ensemble.members) if (!isVoter) ensemble.start(id)
    ensemble.settle()
    for (const id of ensemble.running) openSession(ensemble, id, SESSION_TIMEOUT_MS)
    ensemble.settle()
    trace.isMuted = false
    tellState(ensemble)
  },
  /** Opens the database and runs the replica; it is linked at once with all that run and can be reached. */
  start,
  restart: start,
  /**
   * `crash 2 [keep 1]`: loses what is on its way to the disk but for the first so many; what it has sent may arrive.
   * `crash 2 after 1`: in its next step that does something, after so many messages and writes of it.
   */
  crash: (ensemble, words) => {
    const ids = words.numbers('a replica')
    if (words.accept('after')) {
      const effects = words.number('a number of effects')
      for (const id of ids) ensemble.processOf(id).effectsLeft = effects
      return
    }
    const kept = words.accept('keep') ? words.number('a number of writes') : 0
    for (const id of ids) ensemble.crash(id, kept)
  },
  /** The database of a replica that is down is lost. */
  wipe: (ensemble, words) => onDisk(ensemble, words).wipe(),
  /** The database of a replica that is down has a row with a wrong checksum. */
  rot: (ensemble, words) => {
    onDisk(ensemble, words).disk.rot = 'log'
  },
  /** Copies the database of a replica that is down; `restore` puts the copy in its place. */
  backup: (ensemble, words) => onDisk(ensemble, words).backUp(),
  restore: (ensemble, words) => onDisk(ensemble, words).restore(),
  /** Handles nothing until `resume`: its process is stopped. */
  pause: (ensemble, words) => {
    for (const id of words.numbers('a replica')) ensemble.processOf(id).isPaused = true
  },
  resume: (ensemble, words) => {
    for (const id of words.numbers('a replica')) ensemble.processOf(id).isPaused = false
  },
  /** The state in the memory of that replica is not what it was. */
  corrupt: (ensemble, words) => {
    const { core } = ensemble.processOf(words.number('a replica')).replica
    if (core === undefined) throw new Error('it is loading')
    core.tree.digest += 1
  },
  /** `fail disk 2`: its next write fails, and the replica is over. */
  fail: (ensemble, words) => {
    if (!words.accept('disk')) throw new Error('only a disk can fail')
    ensemble.member(words.number('a replica')).isDiskFailing = true
  },
  /** The links between two are over, what was on the way is lost; they stay apart until `heal`. */
  cut: (ensemble, words) => {
    const [a, b] = words.pair()
    ensemble.apart.add(pairOf(a, b))
    ensemble.cut(a, b)
    if (!words.accept('unseen')) return
    // That end does not hear of it until `release 1->2'`.
    const deaf = words.number('a replica')
    for (const link of ensemble.links.filter((each) => each.joins(a, b))) {
      const lane = link.laneTo(deaf)
      if (lane !== undefined) lane.isStuck = true
    }
  },
  /** `drop 1->2`: what is on its way from 1 is lost and the link is over; what is on its way from 2 still arrives. */
  drop: (ensemble, words) => {
    const lane = laneOf(ensemble, words)
    lane.close(ensemble.sequence(), true)
  },
  /** Cuts a replica off from everybody. */
  isolate: (ensemble, words) => {
    for (const id of words.numbers('a replica')) {
      for (const other of ensemble.members) {
        if (other.id === id) continue
        ensemble.apart.add(pairOf(id, other.id))
        ensemble.cut(id, other.id)
      }
    }
  },
  /** Everybody can reach everybody, or `heal 1-2`; they dial when nothing else is left to do. */
  heal: (ensemble, words) => {
    if (words.isAtEnd) ensemble.apart.clear()
    else ensemble.apart.delete(pairOf(...words.pair()))
  },
  /** `dial 1-2`: a new link, also while an older one has not ended for both. */
  dial: (ensemble, words) => {
    const [a, b] = words.pair()
    ensemble.apart.delete(pairOf(a, b))
    ensemble.dial(a, b)
    ensemble.finish()
  },
  /** `hold 1->2 [kind …]`, `hold disk 2`: `settle` moves nothing there, or no message of such a kind and none behind it. */
  hold: (ensemble, words) => {
    if (words.accept('disk')) {
      for (const id of words.numbers('a replica')) ensemble.heldDisks.add(id)
      return
    }
    const { from, to } = words.arrow()
    const kinds: string[] = []
    while (!words.isAtEnd) kinds.push(words.next('a kind'))
    ensemble.heldLanes.set(`${from}->${to}`, kinds)
  },
  /** Takes holds back: `release 1->2`, `release disk 2`, `release all`. `release 1->2'`: what 2 did not see of older links. */
  release: (ensemble, words) => {
    if (words.accept('all')) {
      ensemble.heldLanes.clear()
      ensemble.heldDisks.clear()
      for (const { lanes } of ensemble.links) for (const lane of lanes) lane.isStuck = false
      return
    }
    if (words.accept('disk')) {
      for (const id of words.numbers('a replica')) ensemble.heldDisks.delete(id)
      return
    }
    const { from, to, age } = words.arrow()
    if (age === 0) ensemble.heldLanes.delete(`${from}->${to}`)
    else
      for (const link of ensemble.links) {
        const lane = link.laneFrom(from)
        if (lane?.to === to) lane.isStuck = false
      }
  },
  /** `deliver 1->2 [3 | all | through kind | before kind]`: one message, or so many, whatever is held. */
  deliver: (ensemble, words) => {
    const lane = laneOf(ensemble, words)
    const isWanted = takeUntil(lane, words)
    while (isWanted()) ensemble.deliver(lane)
  },
  /** `persist 2 [3 | all]`: the oldest transaction on its way to that disk is on it, or so many. */
  persist: (ensemble, words) => {
    const id = words.number('a replica')
    const pending = (): number => ensemble.member(id).process?.pending.length ?? 0
    const count = words.accept('all') ? pending() : words.isAtEnd ? 1 : words.number('a number')
    for (let done = 0; done < count; done += 1) ensemble.persist(id)
  },
  /** Time goes to the deadline of that replica, which is told; nobody else is. */
  timeout: (ensemble, words) => ensemble.timeout(words.number('a replica')),
  /** `advance 200`: ms, with everything that happens meanwhile. `advance until leader 3`: or some leader. */
  advance: (ensemble, words) => {
    if (!words.accept('until')) return ensemble.advance(words.number('ms'))
    if (!words.accept('leader')) throw new Error('one waits for a leader')
    const wanted = words.isAtEnd ? undefined : words.number('a replica')
    const isLed = (): boolean => {
      return ensemble.running.some((id) => {
        const status = ensemble.processOf(id).replica.status
        const leads = status?.role === 'leading' && status.established
        return leads && (wanted === undefined || wanted === id)
      })
    }
    ensemble.advance(PATIENCE_MS, isLed)
    ensemble.settle()
  },
  /** Everything arrives and is written, but for what is held. `settle through upToDate`: what comes after the first is not recorded. */
  settle: (ensemble, words) => {
    if (words.accept('through')) ensemble.toldThrough = words.next('a kind') as Message['kind']
    ensemble.settle()
    ensemble.toldThrough = undefined
  },
  /** `session 1 [remote] [timeout 2000]`: its View opens a session, or one for a client that is elsewhere. */
  session: (ensemble, words) => {
    const ids = words.numbers('a replica')
    const isRemote = words.accept('remote')
    const timeoutMs = words.accept('timeout') ? words.number('ms') : SESSION_TIMEOUT_MS
    for (const id of ids) openSession(ensemble, id, timeoutMs, isRemote)
  },
  /** `attach 2 1:7 [from 1:9]`: its View asks for that remote session, from who has it in its state, or had it since 1:9. */
  attach: (ensemble, words) => {
    const id = words.number('a replica')
    const session = words.zxid()
    const { replica, client } = ensemble.processOf(id)
    const known = replica.core?.tree.sessions.get(session)
    const from = words.accept('from') ? words.zxid() : known?.attached
    if (from === undefined) throw new Error(`replica ${id} knows no such session`)
    ensemble.ask(id, client.attach(session, from, known?.timeoutMs ?? SESSION_TIMEOUT_MS))
  },
  /** Its View says that its sessions are alive. */
  heartbeat: (ensemble, words) => ensemble.heartbeat(words.number('a replica')),
  /**
   * `write 1 create /a [data] [ephemeral] [sequential]`, `write 1 set /a data [version 3]`, `write 1 delete /a`,
   * `write 1 sync`, `write 1 close`, `write 1 multi create /a + create /b`: asked of the View of 1, in its newest session.
   */
  write: (ensemble, words) => {
    const id = words.number('a replica')
    const { client } = ensemble.processOf(id)
    const body = bodyOf(words)
    ensemble.writes += 1
    const name = `w${ensemble.writes}`
    ensemble.trace.say(`${name} is asked of ${id}: ${describeBody(body)}`)
    ensemble.ask(id, client.write(name, body))
  },
  /** `forge 1->2 commit 1:9` and so on: a message that its sender never sent, and that arrives next. */
  forge: (ensemble, words) => {
    const lane = laneOf(ensemble, words)
    const messages = forge(words, ensemble.processOf(lane.from).replica.core)
    for (const message of messages.toReversed()) lane.putFirst(ensemble.sequence(), message)
  },
  /** From here on elections, pings and leases are recorded too. */
  verbose: (ensemble) => {
    ensemble.trace.isVerbose = true
  },
  brief: (ensemble) => {
    ensemble.trace.isVerbose = false
  },
  /** Who is what, with which epochs, log, state; equal states have one letter. */
  state: (ensemble) => tellState(ensemble),
  /** The log of one replica. */
  log: (ensemble, words) => tellLog(ensemble, words.number('a replica')),
  /** What is on its way. */
  links: (ensemble) => tellLinks(ensemble),
  expect: (ensemble, words) => expectation(ensemble, words),
}

/** One command, its trace in `ensemble.trace`. `quietly …` leaves no trace but complaints; `repeat 20 …` does it so often. */
export function execute(ensemble: Ensemble, words: Words): void {
  const isQuiet = words.accept('quietly')
  const times = words.accept('repeat') ? words.number('a number of times') : 1
  const line = words.rest()
  if (isQuiet) ensemble.trace.isMuted = true
  try {
    for (let done = 0; done < times; done += 1) executeOnce(ensemble, new Words(line))
  } finally {
    ensemble.trace.isMuted = false
  }
}

function executeOnce(ensemble: Ensemble, words: Words): void {
  const name = words.next('a command')
  const command = COMMANDS[name]
  if (command === undefined) throw new Error(`there is no command ${name}`)
  command(ensemble, words)
  words.end()
}

function replicas(ensemble: Ensemble, words: Words): void {
  const voters = words.number('a number of voters')
  const observers = words.accept('observers') ? words.number('a number of observers') : 0
  const settings = words.settings()
  for (const name of Object.keys(settings)) {
    if (!(name in DEFAULT_BOUNDS)) throw new Error(`there is no bound ${name}`)
  }
  const bounds: Partial<ReplicaBounds> = settings
  ensemble.form(voters, observers, bounds)
}

function start(ensemble: Ensemble, words: Words): void {
  for (const id of words.numbers('a replica')) ensemble.start(id)
}

function onDisk(ensemble: Ensemble, words: Words): ReturnType<Ensemble['member']> {
  const member = ensemble.member(words.number('a replica'))
  if (member.process !== undefined) throw new Error(`replica ${member.id} runs`)
  return member
}

function openSession(ensemble: Ensemble, id: number, timeoutMs: number, isRemote = false): void {
  ensemble.ask(id, ensemble.processOf(id).client.open(timeoutMs, isRemote))
}

function laneOf(ensemble: Ensemble, words: Words): Lane {
  const { from, to, age } = words.arrow()
  const link = ensemble.links.filter((each) => each.joins(from, to)).at(-1 - age)
  const lane = link?.laneFrom(from)
  if (lane === undefined) throw new Error(`there is no link ${from}->${to}`)
  return lane
}

/** Whether one more is to be delivered. */
function takeUntil(lane: Lane, words: Words): () => boolean {
  const kindOf = (): string | undefined => {
    const head = lane.queue[0]
    return head?.kind === 'message' ? head.message.kind : head?.kind
  }
  if (words.accept('all')) return () => lane.queue.length > 0
  if (words.accept('before')) {
    const kind = words.next('a kind')
    return () => lane.queue.length > 0 && kindOf() !== kind
  }
  if (words.accept('through')) {
    const kind = words.next('a kind')
    let isDone = false
    return () => {
      if (isDone) return false
      isDone = kindOf() === kind
      if (lane.queue.length === 0) throw new Error(`no ${kind} is on its way ${lane.name}`)
      return true
    }
  }
  let count = words.isAtEnd ? 1 : words.number('a number')
  return () => {
    count -= 1
    if (count >= 0 && lane.queue.length === 0) throw new Error(`nothing is on its way ${lane.name}`)
    return count >= 0
  }
}

function bodyOf(words: Words): RequestBody {
  if (words.accept('sync')) return { kind: 'sync' }
  if (words.accept('close')) return { kind: 'closeSession' }
  if (!words.accept('multi')) return operationOf(words)
  const operations = [operationOf(words)]
  while (words.accept('+')) operations.push(operationOf(words))
  return { kind: 'multi', operations }
}

function operationOf(words: Words): Exclude<Operation, { kind: 'check' }> {
  const verb = words.next('an operation')
  const path = words.next('a path')
  if (verb === 'delete') return { kind: 'delete', path, version: -1 }
  if (verb === 'set') {
    const data = new TextEncoder().encode(words.next('data'))
    const version = words.accept('version') ? words.number('a version') : -1
    return { kind: 'setData', path, data, version }
  }
  if (verb !== 'create') throw new Error(`there is no operation ${verb}`)
  const isPlain = [undefined, '+', 'ephemeral', 'sequential'].includes(words.peek())
  const data = isPlain ? undefined : new TextEncoder().encode(words.next('data'))
  const ephemeral = words.accept('ephemeral')
  return { kind: 'create', path, data, ephemeral, sequential: words.accept('sequential') }
}
