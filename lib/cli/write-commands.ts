/** `vivarium create`, `set` and `rm`. */
import { CREATE_FLAGS } from '../gateway/jute/opcodes.js'
import type { WireAcl } from '../gateway/jute/records.js'
import { OPEN_ACL_TEXT, parseAcl } from './acl-text.js'
import type { ZooKeeperClient } from './client.js'
import { isSet, textOf } from './command.js'
import type { Given } from './command.js'
import { Ending } from './ending.js'
import { EXIT, failureOf, usageFailure } from './failure.js'
import type { ExitCode } from './failure.js'
import { LastingClient } from './lasting-client.js'
import type { Output } from './output.js'
import { walk } from './read-commands.js'
import { openRemote } from './remote.js'
import type { Remote } from './remote.js'
import { durationOf } from './times.js'
import { statJson, statText } from './znode-text.js'

/** Deletions on their way at once. */
const DELETES_AT_ONCE = 256

export async function create(
  given: Given,
  [path = '', text]: readonly string[],
  output: Output,
): Promise<ExitCode> {
  const wish = wishOf(given)
  const data = text === undefined ? undefined : await dataOf(text)
  // Listens before anything exists that would be left behind.
  const ending = isSet(given, 'hold') ? new Ending() : undefined
  const remote = await openRemote(given)
  // Nothing of it belongs to a connection: the znode lives with the session.
  const lasting = new LastingClient(remote, async () => undefined)
  try {
    const made = await send(remote.client, wish, remote.toServer(path), data)
    const shown = remote.toUser(made.path)
    output.result({ path: shown, stat: statJson(made.stat) }, () => `${shown}\n`)
    if (ending !== undefined) await Promise.race([ending.asked(), lasting.lost()])
  } finally {
    ending?.stop()
    await lasting.end()
  }
  return EXIT.ok
}

interface Wish {
  readonly kind: 'create2' | 'createContainer' | 'createTTL'
  readonly flags: number
  readonly ttlMs: number
  readonly acl: readonly WireAcl[]
}

function wishOf(given: Given): Wish {
  const acl = parseAcl(textOf(given, 'acl') ?? OPEN_ACL_TEXT)
  const [isEphemeral, isSequential] = [isSet(given, 'ephemeral'), isSet(given, 'sequential')]
  const ttl = textOf(given, 'ttl')
  const isContainer = isSet(given, 'container')
  if (isContainer && (isEphemeral || isSequential || ttl !== undefined)) {
    throw usageFailure('--container goes with none of --ephemeral, --sequential and --ttl')
  }
  if (isEphemeral && ttl !== undefined) throw usageFailure('--ephemeral does not go with --ttl')
  if (isEphemeral && !isSet(given, 'hold')) {
    throw usageFailure(
      'an ephemeral znode ends with this command: --hold keeps it until interrupted',
    )
  }
  if (isContainer) return { kind: 'createContainer', flags: CREATE_FLAGS.container, ttlMs: 0, acl }
  if (ttl !== undefined) {
    const { persistentTTL, persistentSequentialTTL } = CREATE_FLAGS
    const flags = isSequential ? persistentSequentialTTL : persistentTTL
    return { kind: 'createTTL', flags, ttlMs: durationOf('--ttl', ttl), acl }
  }
  const { ephemeral, persistentSequential } = CREATE_FLAGS
  const flags = (isEphemeral ? ephemeral : 0) | (isSequential ? persistentSequential : 0)
  return { kind: 'create2', flags, ttlMs: 0, acl }
}

async function send(
  client: ZooKeeperClient,
  { kind, flags, ttlMs, acl }: Wish,
  path: string,
  data: Uint8Array | undefined,
): Promise<Made> {
  if (kind === 'createTTL') {
    return (await client.request({ kind, path, data, acl, flags, ttl: ttlMs })).body
  }
  return (await client.request({ kind, path, data, acl, flags })).body
}

type Made = { readonly path: string; readonly stat: Parameters<typeof statJson>[0] }

export async function set(
  given: Given,
  [path = '', text = '']: readonly string[],
  output: Output,
): Promise<ExitCode> {
  const version = versionOf(given)
  const data = await dataOf(text)
  return withRemote(given, async ({ client, toServer }) => {
    const { body } = await client.request({ kind: 'setData', path: toServer(path), data, version })
    const value = { path, stat: statJson(body.stat) }
    output.result(value, () => (isSet(given, 'stat') ? statText(body.stat) : ''))
  })
}

export async function rm(
  given: Given,
  [path = '']: readonly string[],
  output: Output,
): Promise<ExitCode> {
  const version = versionOf(given)
  const isDeep = isSet(given, 'recursive')
  if (isDeep && version !== -1) throw usageFailure('--recursive does not go with --version')
  return withRemote(given, async (remote) => {
    const { client, toServer } = remote
    if (isDeep && toServer(path) === '/') throw usageFailure('rm -r / is refused')
    if (!isDeep) await client.request({ kind: 'delete', path: toServer(path), version })
    const deleted = isDeep ? await removeAll(remote, path) : 1
    output.result({ path, deleted }, () => '')
  })
}

/** Children before their parents: requests of one connection take effect in their order. */
async function removeAll(remote: Remote, path: string): Promise<number> {
  const paths: string[] = []
  for await (const each of walk(remote, path)) paths.push(each.path)
  paths.reverse()
  let deleted = 0
  for (let at = 0; at < paths.length; at += DELETES_AT_ONCE) {
    const some = paths.slice(at, at + DELETES_AT_ONCE)
    const results = await Promise.all(some.map((each) => removeOne(remote, each)))
    deleted += results.filter(Boolean).length
  }
  return deleted
}

/** False if somebody else was faster. */
async function removeOne({ client, toServer }: Remote, path: string): Promise<boolean> {
  try {
    await client.request({ kind: 'delete', path: toServer(path), version: -1 })
    return true
  } catch (error) {
    if (failureOf(error).code === 'NO_NODE') return false
    throw error
  }
}

async function withRemote(
  given: Given,
  work: (remote: Remote) => Promise<void>,
): Promise<ExitCode> {
  const remote = await openRemote(given)
  try {
    await work(remote)
  } finally {
    await remote.close()
  }
  return EXIT.ok
}

function versionOf(given: Given): number {
  const text = textOf(given, 'version') ?? '-1'
  const version = /^-?\d{1,10}$/.test(text) ? Number(text) : NaN
  if ((version | 0) === version) return version
  throw usageFailure(`--version ${text}: expected a 32-bit integer`)
}

/** What a word of the command line means: itself, or, if it is `-`, all of standard input. */
async function dataOf(text: string): Promise<Uint8Array> {
  if (text !== '-') return Buffer.from(text)
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks)
}
