/** HTTP services that follow one configuration without being restarted: node dist/examples/recipes/live-config.js */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { join } from '../../lib/index.js'
import { Config } from '../../lib/recipes/index.js'
import { Crew, dir, isWorker, say } from './crew.js'

interface Settings {
  readonly greeting: string
}

/** A `parse` of zod or the like does as well. */
function settings(value: unknown): Settings {
  const isObject = typeof value === 'object' && value !== null && 'greeting' in value
  if (isObject && typeof value.greeting === 'string') return { greeting: value.greeting }
  throw new Error('settings are { greeting: string }')
}

if (isWorker) {
  const zk = await join({ dir, size: 3 })
  const config = new Config(zk, '/service/settings', {
    validate: settings,
    initial: { greeting: 'hello' },
  })
  await config.ready()
  config.on('change', ({ greeting }) => say({ greeting }))
  const server = createServer((request, response) => {
    // Never an old object, never an invalid one, and no request waits for it.
    if (request.method === 'GET') {
      response.end(config.value.greeting)
      return
    }
    text(request)
      .then((body) => config.set(JSON.parse(body) as Settings))
      .then(() => response.end())
      .catch((error: unknown) => response.writeHead(400).end(String(error)))
  })
  server.listen(0, '127.0.0.1', () => say({ port: (server.address() as AddressInfo).port }))
} else {
  await Crew.run(import.meta.url, async (crew) => {
    const services = await crew.until(
      ({ port }) => port !== undefined,
      ({ length }) => length === 3,
    )
    const urls = services.map(({ port }) => `http://127.0.0.1:${String(port)}/`)
    const ask = async (): Promise<string[]> =>
      Promise.all(urls.map(async (url) => (await fetch(url)).text()))
    const put = async (url: string | undefined, body: string): Promise<number> =>
      (await fetch(url ?? '', { method: 'PUT', body })).status
    console.log(`at first they say ${(await ask()).join(', ')}`)
    const refused = await put(urls[0], '{"greeting":1}')
    const taken = await put(urls[1], '{"greeting":"good day"}')
    await crew.until(
      ({ greeting }) => greeting === 'good day',
      ({ length }) => length === 3,
    )
    const said = await ask()
    console.log(`a wrong setting is refused with ${refused}; then all say ${said.join(', ')}`)
    if (refused !== 400 || taken !== 200) throw new Error('not validated')
    if (said.some((word) => word !== 'good day')) throw new Error('not live')
  })
}
