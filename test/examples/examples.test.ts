// The examples do what they say: each is run as a reader would run it, in processes of its own.
import test from 'ava'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Program } from './program.js'

const built = fileURLToPath(new URL('../../examples/', import.meta.url))

/** The first of three ports in a row that nobody listens on now. */
async function freePorts(): Promise<number> {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * 10_000)
    const isFree = await Promise.all([first, first + 1, first + 2].map(canListen))
    if (isFree.every(Boolean)) return first
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => resolve(true))
    })
  })
}

test('the story of the cluster holds in every claim, and ends by itself with 0', async (t) => {
  t.timeout(120_000)
  const program = new Program(join(built, 'cluster.js'), [], tmpdir())
  t.teardown(() => program.kill('SIGTERM'))
  const { code } = await program.ended
  t.is(code, 0, program.output)
  t.regex(program.output, /1,000 are in flight at the kill/)
  t.regex(program.output, /each once, in order/)
  t.regex(program.output, /Every claim held/)
})

test('a service follows one configuration, and its job passes on when its process is killed', async (t) => {
  t.timeout(120_000)
  const dir = await mkdtemp(join(tmpdir(), 'vivarium-service-'))
  const port = String(await freePorts())
  const start = (id: number): Program =>
    new Program(join(built, 'service.js'), [String(id), dir, port], dir)
  const services = [1, 2, 3].map(start)
  t.teardown(async () => {
    for (const service of services) service.kill('SIGKILL')
    await Promise.all(services.map((service) => service.ended))
    await rm(dir, { recursive: true })
  })

  await Promise.all(services.map((service) => service.line(/config 0: every 1000 ms/)))
  const leads = services.map((service) => service.line(/leads with token/).then(() => service))
  const leader = await Promise.any(leads)
  const others = services.filter((service) => service !== leader)

  others[0]?.type('50')
  await Promise.all(services.map((service) => service.line(/config 1: every 50 ms/)))
  await leader.line(/run 3$/)

  leader.kill('SIGKILL')
  const next = await Promise.any(leads.filter((_, index) => services[index] !== leader))
  t.true(others.includes(next))
  await next.line(/run 3$/)
  const tokens = await Promise.all([leader, next].map((service) => service.line(/leads with/)))
  const [before = 0, after = 0] = tokens.map((line) => Number(line.split(' ').at(-1)))
  t.true(after > before, 'a later leader has a greater fencing token')

  for (const service of others) service.kill('SIGTERM')
  const ends = await Promise.all(others.map((service) => service.ended))
  t.deepEqual(ends, [
    { code: 0, signal: null },
    { code: 0, signal: null },
  ])
})
