// `vivarium/testing` as its users import it: types under strict settings, and `require`.
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Child, rootPath, temporaryDirectory } from '../system/support.js'

function project(t: ExecutionContext): string {
  const dir = temporaryDirectory(t)
  mkdirSync(join(dir, 'node_modules'))
  symlinkSync(rootPath(), join(dir, 'node_modules', 'vivarium'))
  return dir
}

const TYPED = `
import type { Session, Status } from 'vivarium'
import { ensemble } from 'vivarium/testing'
import type { Ensemble, EnsembleOptions } from 'vivarium/testing'

const options: EnsembleOptions = { size: 3, seed: undefined, time: 'real', trace: console.log }
export async function all(): Promise<void> {
  await using world: Ensemble = await ensemble(options)
  const zk: Session = await world.join(1, { sessionTimeout: 5000, signal: AbortSignal.timeout(10) })
  const status: Status = zk.replica.status()
  const leader: number | undefined = world.leader
  const ids: number[] = world.running
  await world.partition([1], [2, 3])
  await world.until(() => zk.state === 'suspended', { timeout: 1000 })
  await world.heal()
  await Promise.all([world.expire(zk), world.advance(1), world.blockMainThread(2, 3)])
  await world.kill(2)
  await world.restart(2)
  await world.wipe(2)
  await world.pause(1)
  await world.resume(1)
  console.log(world.seed, world.size, world.now, status, leader, ids)
  // @ts-expect-error no such time
  await ensemble({ time: 'soon' })
  // @ts-expect-error only \`ensemble\` makes one
  new Ensemble()
  // @ts-expect-error not for anybody to set
  world.now = 3
}
`

test('everything has types, which compile under strict settings', async (t) => {
  const dir = project(t)
  writeFileSync(join(dir, 'a.mts'), TYPED)
  const tsc = rootPath('node_modules/typescript/bin/tsc')
  const strict = ['--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false']
  const args = [...strict, '--module', 'nodenext', '--noEmit', 'a.mts']
  const { code, stdout } = await Child.start(t, tsc, args, { cwd: dir }).end(60_000)
  t.is(stdout, '')
  t.is(code, 0)
})

test('`require` gives it too', async (t) => {
  const dir = project(t)
  const path = join(dir, 'a.cjs')
  writeFileSync(
    path,
    `const { ensemble } = require('vivarium/testing')
     const { Session } = require('vivarium')
     ensemble({ size: 1 })
       .then((world) => world.join(1))
       .then((zk) => console.log(zk instanceof Session, zk.state))`,
  )
  const { stdout } = await Child.start(t, path, [], { cwd: dir }).end()
  t.is(stdout, 'true connected\n')
})
