/** Where a transport may listen: addresses, socket files, and what is refused. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, lstatSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { parseAddress } from '../../lib/transport/address.js'
import {
  SocketTransport,
  type SocketTransportOptions,
} from '../../lib/transport/socket-transport.js'
import { TransportError } from '../../lib/transport/transport-error.js'
import { Recorder, freePort, memberOf, temporaryDirectory } from './support.js'

function create(listen: string, changes: Partial<SocketTransportOptions> = {}): SocketTransport {
  return new SocketTransport({
    identity: () => memberOf(1),
    accept: () => undefined,
    listen,
    peers: new Map(),
    ...changes,
  })
}

function inDirectory(
  title: string,
  body: (t: ExecutionContext, directory: string) => Promise<void>,
): void {
  test(title, async (t) => {
    const directory = temporaryDirectory()
    try {
      await body(t, directory.path)
    } finally {
      directory.remove()
    }
  })
}

async function codeOfStart(transport: SocketTransport): Promise<string> {
  try {
    await transport.start(new Recorder())
    return 'started'
  } catch (error) {
    return error instanceof TransportError ? error.code : String(error)
  }
}

/** A process that listens on the path and dies without removing it. */
async function leaveStaleSocket(path: string): Promise<void> {
  const script = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 9))`
  await once(spawn(process.execPath, ['-e', script, path]), 'exit')
}

test('addresses are read exactly, and what is none is refused', (t) => {
  t.deepEqual(parseAddress('unix:/a/b.sock'), { kind: 'unix', path: '/a/b.sock' })
  t.deepEqual(parseAddress('tcp://h:1'), { kind: 'tcp', host: 'h', port: 1 })
  t.deepEqual(parseAddress('tcp://[::1]:65535'), { kind: 'tcp', host: '::1', port: 65_535 })
  const wrong = [
    '',
    '/a',
    'unix:',
    'unix:/a\0b',
    'http://h:1',
    'tcp://h',
    'tcp://h:0',
    'tcp://h:65536',
  ]
  wrong.push(
    'tcp://:1',
    'tcp://a b:1',
    'tcp://[h]:1',
    'tcp://[127.0.0.1]:1',
    'tcp://udp4:1',
    'tcp://h:1/x',
  )
  for (const text of wrong) {
    const error = t.throws(() => parseAddress(text), { instanceOf: TransportError }, text)
    t.is(error.code, 'BAD_ADDRESS', text)
  }
})

test('a socket path of more than 100 bytes is refused at once', (t) => {
  const fits = `/${'x'.repeat(99)}`
  t.deepEqual(parseAddress(`unix:${fits}`), { kind: 'unix', path: fits })
  const error = t.throws(() => create(`unix:${fits}x`), { instanceOf: TransportError })
  t.is(error.code, 'PATH_TOO_LONG')
  const wide = t.throws(() => create(`unix:/${'é'.repeat(50)}`), { instanceOf: TransportError })
  t.is(wide.code, 'PATH_TOO_LONG')
})

test('a TCP listener open to others needs a secret, or to be called insecure', (t) => {
  for (const address of [
    'tcp://0.0.0.0:7001',
    'tcp://10.0.0.1:7001',
    'tcp://[::]:7001',
    'tcp://h:7001',
  ]) {
    const error = t.throws(() => create(address), { instanceOf: TransportError })
    t.is(error.code, 'INSECURE_LISTENER')
    t.throws(() => create(address, { secret: new Uint8Array(0) }), { instanceOf: TransportError })
    t.notThrows(() => create(address, { secret: Buffer.from('s') }))
    t.notThrows(() => create(address, { insecure: true }))
  }
  for (const address of ['tcp://127.0.0.1:7001', 'tcp://localhost:7001', 'tcp://[::1]:7001']) {
    t.notThrows(() => create(address))
  }
})

inDirectory('the socket is private, and its file is gone after close', async (t, directory) => {
  const path = join(directory, '1.sock')
  const transport = create(`unix:${path}`)
  t.is(await codeOfStart(transport), 'started')
  t.is(lstatSync(path).mode & 0o777, 0o600)
  t.deepEqual(readdirSync(directory), ['1.sock'])
  await transport.close()
  t.deepEqual(readdirSync(directory), [])
})

inDirectory('a socket file left by a dead process is replaced', async (t, directory) => {
  const path = join(directory, '1.sock')
  await leaveStaleSocket(path)
  t.true(lstatSync(path).isSocket())
  const transport = create(`unix:${path}`)
  t.is(await codeOfStart(transport), 'started')
  await transport.close()
  t.deepEqual(readdirSync(directory), [])
})

inDirectory('a path on which somebody answers is not taken', async (t, directory) => {
  const path = join(directory, '1.sock')
  const first = create(`unix:${path}`)
  const second = create(`unix:${path}`)
  t.is(await codeOfStart(first), 'started')
  t.is(await codeOfStart(second), 'SLOT_TAKEN')
  await second.close()
  t.true(existsSync(path))
  t.is(await codeOfStart(create(`unix:${path}`)), 'SLOT_TAKEN', 'the first one still answers')
  await first.close()
})

inDirectory('of many that start at once on a stale path, one gets it', async (t, directory) => {
  const path = join(directory, '1.sock')
  await leaveStaleSocket(path)
  const transports = Array.from({ length: 8 }, () => create(`unix:${path}`))
  const codes = await Promise.all(transports.map(codeOfStart))
  t.is(codes.filter((code) => code === 'started').length, 1, codes.join())
  t.is(codes.filter((code) => code === 'SLOT_TAKEN').length, 7, codes.join())
  t.deepEqual(readdirSync(directory), ['1.sock'])
  await Promise.all(transports.map((transport) => transport.close()))
  t.deepEqual(readdirSync(directory), [])
})

inDirectory('of many that start at once on a new path, one gets it', async (t, directory) => {
  const transports = Array.from({ length: 8 }, () => create(`unix:${join(directory, '1.sock')}`))
  const codes = await Promise.all(transports.map(codeOfStart))
  t.is(codes.filter((code) => code === 'started').length, 1, codes.join())
  t.is(codes.filter((code) => code === 'SLOT_TAKEN').length, 7, codes.join())
  await Promise.all(transports.map((transport) => transport.close()))
  t.deepEqual(readdirSync(directory), [])
})

inDirectory('a file that is no socket is refused and left alone', async (t, directory) => {
  const path = join(directory, '1.sock')
  writeFileSync(path, 'precious')
  t.is(await codeOfStart(create(`unix:${path}`)), 'NOT_A_SOCKET')
  const link = join(directory, 'link.sock')
  symlinkSync(path, link)
  t.is(await codeOfStart(create(`unix:${link}`)), 'NOT_A_SOCKET')
  t.deepEqual(readdirSync(directory).sort(), ['1.sock', 'link.sock'])
})

inDirectory('a directory that is not there is a clear error', async (t, directory) => {
  t.is(await codeOfStart(create(`unix:${join(directory, 'none', '1.sock')}`)), 'LISTEN_FAILED')
})

inDirectory('close does not remove the socket of a successor', async (t, directory) => {
  const path = join(directory, '1.sock')
  const transport = create(`unix:${path}`)
  t.is(await codeOfStart(transport), 'started')
  renameSync(path, join(directory, 'moved'))
  const successor = createServer()
  await once(successor.listen(path), 'listening')
  await transport.close()
  t.true(existsSync(path))
  await new Promise((resolve) => successor.close(resolve))
})

test('a TCP port in use is a coded error', async (t) => {
  const port = await freePort()
  const owner = createServer()
  await once(owner.listen(port, '127.0.0.1'), 'listening')
  t.is(await codeOfStart(create(`tcp://127.0.0.1:${port}`)), 'ADDRESS_IN_USE')
  await new Promise((resolve) => owner.close(resolve))
})

test('an address of another machine is a coded error', async (t) => {
  const transport = create(`tcp://192.0.2.1:${await freePort()}`, { insecure: true })
  t.is(await codeOfStart(transport), 'BAD_ADDRESS')
})
