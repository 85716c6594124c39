// ZooKeeper's rules, one row each, asked in process and through the gateway: the same table, the same answers.
import test from 'ava'
import { ensemble } from '../../lib/testing/index.js'
import type { Access, Client } from './client.js'
import { inProcess } from './in-process.js'
import { MULTI_ROWS } from './rows-multi.js'
import { ORDER_ROWS } from './rows-order.js'
import { STATE_ROWS } from './rows-state.js'
import { WATCH_ROWS } from './rows-watches.js'
import type { Row, Scene } from './row.js'
import { throughGateway } from './through-gateway.js'

const ROWS: readonly Row[] = [...ORDER_ROWS, ...STATE_ROWS, ...MULTI_ROWS, ...WATCH_ROWS]
/** A hang guard. */
const PATIENCE_MS = 60_000
const PAUSE_MS = 20

const accesses = new Map<Access['name'], Promise<Access>>()

function accessTo(name: Access['name']): Promise<Access> {
  const known = accesses.get(name)
  if (known !== undefined) return known
  const make = name === 'in process' ? inProcess : throughGateway
  const made = ensemble({ size: 1, time: 'real', sessionTimeout: 60_000 }).then(make)
  accesses.set(name, made)
  return made
}

test.after.always(async () => {
  for (const access of accesses.values()) await (await access).close()
})

async function runRow(row: Row, access: Access, base: string): Promise<unknown> {
  const opened: Client[] = []
  const open = async (): Promise<Client> => {
    const client = await access.open()
    opened.push(client)
    return client
  }
  const client = await open()
  await client.create(base)
  const scene: Scene = {
    client,
    base,
    other: open,
    events: async (watcher = client) => {
      // What was committed before the sync was heard before its answer.
      await watcher.sync('/')
      return watcher.events.map((event) => event.replace(base, ''))
    },
    until: async (condition) => {
      const end = Date.now() + PATIENCE_MS
      while (!(await condition())) {
        if (Date.now() > end) throw new Error(`not so within ${PATIENCE_MS} ms`)
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
      }
    },
  }
  try {
    return await row.run(scene)
  } finally {
    await Promise.all(opened.map((each) => each.close()))
  }
}

for (const name of ['in process', 'through the gateway'] as const) {
  for (const [index, row] of ROWS.entries()) {
    test(`${name}: ${row.rule}`, async (t) => {
      const expected = name === 'in process' && 'inProcess' in row ? row.inProcess : row.expect
      t.deepEqual(await runRow(row, await accessTo(name), `/row${index}`), expected)
    })
  }
}
