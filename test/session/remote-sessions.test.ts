// Sessions of remote clients: they outlive the process that they were opened through, move between replicas with their
// ephemerals, and are fenced. Whole ensembles of the real code under virtual time.
import test from 'ava'
import type { ExecutionContext } from 'ava'
import type { Ensemble } from '../../lib/testing/index.js'
import { remoteSessions } from '../../lib/session/remote-sessions.js'
import type {
  Outcome,
  RemoteClient,
  RemoteEnd,
  RemoteSession,
  RequestBody,
  WatchEvent,
} from '../../lib/session/remote.js'
import type { Session } from '../../lib/session/session.js'
import { codeOf, world } from '../testing/support.js'

const TIMEOUT_MS = 4000

class Client implements RemoteClient {
  readonly auth = []
  readonly events: WatchEvent[] = []
  end: RemoteEnd | undefined

  onEvent(event: WatchEvent): void {
    this.events.push(event)
  }

  onEnd(reason: RemoteEnd): void {
    this.end = reason
  }
}

function ask(session: RemoteSession, body: RequestBody): Promise<Outcome> {
  return new Promise((resolve) => session.request(body, resolve))
}

function ephemeral(path: string): RequestBody {
  return { kind: 'create', path, data: undefined, ephemeral: true, sequential: false }
}

/** Three replicas, each with a session of its own process. */
async function three(t: ExecutionContext): Promise<{ ens: Ensemble; locals: Session[] }> {
  const ens = await world(t, { size: 3, sameMachine: true, sessionTimeout: 60_000 })
  const locals = await Promise.all([1, 2, 3].map((id) => ens.join(id)))
  return { ens, locals }
}

function at(locals: readonly Session[], index: number): Session {
  const session = locals[index]
  if (session === undefined) throw new Error('there are three')
  return session
}

async function synced(session: Session): Promise<Session> {
  await session.sync()
  return session
}

test('a remote session outlives the process it was opened through, and is attached elsewhere with its ephemerals', async (t) => {
  const { ens, locals } = await three(t)
  const first = new Client()
  const opened = await remoteSessions(at(locals, 0).replica).open(TIMEOUT_MS, first)
  t.is((await ask(opened, ephemeral('/mine'))).kind, 'ok')

  await ens.kill(1)
  const second = await synced(at(locals, 1))
  t.is(second.existsSync('/mine')?.ephemeralOwner, opened.id)

  const client = new Client()
  const attached = await remoteSessions(second.replica).attach(opened.id, opened.password, client)
  t.is(attached.id, opened.id)
  t.deepEqual(attached.ephemerals('/'), ['/mine'])
  t.is((await ask(attached, ephemeral('/more'))).kind, 'ok')
  t.is((await ask(attached, { kind: 'closeSession' })).kind, 'ok')
  t.is(client.end, 'closed')
  await second.sync()
  t.is(second.existsSync('/mine'), null)
})

test('a remote session whose client is silent expires, wherever it is', async (t) => {
  const { ens, locals } = await three(t)
  const client = new Client()
  const opened = await remoteSessions(at(locals, 0).replica).open(TIMEOUT_MS, client)
  await ask(opened, ephemeral('/mine'))
  for (let beat = 0; beat < 8; beat += 1) {
    opened.touch()
    await ens.advance(TIMEOUT_MS / 2)
  }
  t.is(client.end, undefined)
  opened.detach()
  await ens.advance(TIMEOUT_MS * 2)
  t.is(client.end, undefined)
  t.is((await synced(at(locals, 2))).existsSync('/mine'), null)
})

test('attaching tells the former connection, and what it had under way has no effect later', async (t) => {
  const { ens, locals } = await three(t)
  const former = new Client()
  const opened = await remoteSessions(at(locals, 0).replica).open(TIMEOUT_MS, former)
  // Replica 1 is cut off with a write on its way; the session moves on without it.
  await ens.partition([1], [2, 3])
  let late: Outcome | undefined
  opened.request(ephemeral('/late'), (outcome) => {
    late = outcome
  })
  await ens.until(() => ens.leader === 2 || ens.leader === 3)
  const client = new Client()
  await at(locals, 1).sync()
  const attached = await remoteSessions(at(locals, 1).replica).attach(
    opened.id,
    opened.password,
    client,
  )
  t.is((await ask(attached, ephemeral('/new'))).kind, 'ok')
  await ens.heal()
  await ens.until(() => former.end !== undefined)
  t.is(former.end, 'moved')
  const third = await synced(at(locals, 2))
  t.is(third.existsSync('/late'), null)
  t.is(late, undefined)
  t.is(third.existsSync('/new')?.ephemeralOwner, opened.id)
})

test('of two who attach one session at once, one has it and the other is told', async (t) => {
  const { locals } = await three(t)
  const opened = await remoteSessions(at(locals, 0).replica).open(TIMEOUT_MS, new Client())
  await synced(at(locals, 1))
  await synced(at(locals, 2))
  const clients = [new Client(), new Client()]
  const attempts = await Promise.allSettled(
    [1, 2].map((index) => {
      const client = clients[index - 1] ?? new Client()
      return remoteSessions(at(locals, index).replica).attach(opened.id, opened.password, client)
    }),
  )
  const won = attempts.filter(({ status }) => status === 'fulfilled')
  // Whoever was a moment later found the newer owner already, and took it over from there; or was too late.
  t.true(won.length === 1)
  const [lost] = attempts.filter((attempt) => attempt.status === 'rejected')
  t.like(lost?.reason, { code: 'SESSION_MOVED' })
})

test('another password, a session of a process and one that never was are all expired', async (t) => {
  const { locals } = await three(t)
  const local = at(locals, 0)
  const remote = remoteSessions(local.replica)
  const opened = await remote.open(TIMEOUT_MS, new Client())
  t.is(await codeOf(remote.attach(opened.id, new Uint8Array(16), new Client())), 'SESSION_EXPIRED')
  t.is(await codeOf(remote.attach(local.id, opened.password, new Client())), 'SESSION_EXPIRED')
  t.is(await codeOf(remote.attach(1, opened.password, new Client())), 'SESSION_EXPIRED')
  const future = opened.id + 2 ** 20
  t.is(await codeOf(remote.attach(future, opened.password, new Client())), 'CONNECTION_LOSS')
})

test('attaching at the same replica ends the former connection and keeps order', async (t) => {
  const { locals } = await three(t)
  const remote = remoteSessions(at(locals, 0).replica)
  const former = new Client()
  const opened = await remote.open(TIMEOUT_MS, former)
  opened.addWatch('/w', 'persistent')
  await ask(opened, ephemeral('/a'))
  const client = new Client()
  const attached = await remote.attach(opened.id, opened.password, client)
  t.is(former.end, 'moved')
  attached.addWatch('/w', 'persistent')
  const answers: string[] = []
  attached.request(ephemeral('/w'), () =>
    answers.push(`write after ${client.events.length} events`),
  )
  attached.read(() => answers.push(`read ${attached.stat('/w') === undefined ? 'nothing' : 'it'}`))
  await ask(attached, ephemeral('/b'))
  t.deepEqual(answers, ['write after 1 events', 'read it'])
  t.deepEqual(former.events, [])
  t.deepEqual(attached.ephemerals('/').sort(), ['/a', '/b', '/w'])
})

test('a replica that was away when a session moved learns it from a snapshot too', async (t) => {
  const { ens, locals } = await three(t)
  const former = new Client()
  const opened = await remoteSessions(at(locals, 0).replica).open(TIMEOUT_MS * 100, former)
  await ens.pause(1)
  await ens.until(() => ens.leader === 2 || ens.leader === 3)
  const client = new Client()
  await at(locals, 1).sync()
  const remote = remoteSessions(at(locals, 1).replica)
  const attached = await remote.attach(opened.id, opened.password, client)
  t.is((await ask(attached, ephemeral('/new'))).kind, 'ok')
  await ens.resume(1)
  await ens.until(() => former.end !== undefined)
  t.is(former.end, 'moved')
  t.is(client.end, undefined)
})
