/** `vivarium/testing` under the test runners that people use, from the packed package, as the documentation says. */
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { shownFile, testFor, titles } from '../testing/guide.js'
import { Child, rootPath, temporaryDirectory } from './support.js'

const run = promisify(execFile)

/** The newest that still run on Node 20. */
const VITEST = '4.1.12'
const JEST = '30.5.2'

const MINUTES = 60_000

/** A project with that runner from the registry; `undefined`, and a line that says so, if there is none to be had. */
async function project(
  t: ExecutionContext,
  runner: string,
  version: string,
): Promise<string | undefined> {
  const dir = temporaryDirectory(t)
  writeFileSync(
    join(dir, 'package.json'),
    '{ "name": "user", "private": true, "type": "module", "jest": { "transform": {} } }',
  )
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline']
  const patience = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000']
  const args = ['install', '--prefix', dir, ...quiet, ...patience, `${runner}@${version}`]
  try {
    await run('npm', args, { cwd: dir, timeout: 3 * MINUTES })
  } catch (error) {
    const [reason = ''] = String(error).split('\n')
    t.log(`skipped: ${runner} ${version} cannot be installed here (${reason})`)
    t.pass()
    return undefined
  }
  unpack(dir)
  writeFileSync(join(dir, 'office.js'), shownFile('office.js'))
  return dir
}

/** This package as it is published, with its dependencies as they are installed here. */
function unpack(dir: string): void {
  const args = ['pack', '--ignore-scripts', '--pack-destination', dir]
  const said = execFileSync('npm', args, {
    cwd: rootPath(),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const own = join(dir, 'node_modules', 'vivarium')
  mkdirSync(own)
  const tarball = said.trim().split('\n').at(-1) ?? ''
  execFileSync('tar', ['-xzf', join(dir, tarball), '--strip-components=1', '-C', own])
  const manifest: unknown = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8'))
  const { dependencies } = manifest as { dependencies: Record<string, string> }
  for (const name of Object.keys(dependencies)) {
    const target = join(own, 'node_modules', name)
    mkdirSync(dirname(target), { recursive: true })
    symlinkSync(rootPath(`node_modules/${name}`), target)
  }
}

/** A test that replaces the timers of the process before it begins. */
function underFakeTimers(imports: string, replace: string): string {
  return `${imports}
    import { ensemble } from 'vivarium/testing'
    test('fake timers', async () => {
      ${replace}
      for (const time of ['virtual', 'real']) {
        const world = await ensemble({ time, sessionTimeout: 1000 })
        const zk = await world.join(1)
        await zk.create('/a', '', { ephemeral: true })
        await world.expire(zk)
        await world.close()
      }
    })`
}

interface Report {
  readonly numPassedTests: number
  readonly numTotalTests: number
}

async function check(
  t: ExecutionContext,
  dir: string,
  runner: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const path = join(dir, 'node_modules', runner)
  const child = Child.start(t, path, args, { cwd: dir, env })
  const { code, stdout, stderr } = await child.end(2 * MINUTES)
  t.is(code, 0, stdout + stderr)
  const report: unknown = JSON.parse(stdout.slice(stdout.indexOf('{')))
  const { numPassedTests, numTotalTests } = report as Report
  t.deepEqual([numPassedTests, numTotalTests], [titles().length + 1, titles().length + 1])
}

test.serial('Vitest runs the example of the documentation, without flags', async (t) => {
  t.timeout(6 * MINUTES)
  const dir = await project(t, 'vitest', VITEST)
  if (dir === undefined) return
  const imports = "import { afterEach, test } from 'vitest'"
  writeFileSync(join(dir, 'office.test.js'), testFor(imports))
  const fake = underFakeTimers("import { test, vi } from 'vitest'", 'vi.useFakeTimers()')
  writeFileSync(join(dir, 'fake.test.js'), fake)
  await check(t, dir, 'vitest/vitest.mjs', ['run', '--root', dir, '--reporter=json'])
})

test.serial('Jest runs it, as its own documentation says for ES modules', async (t) => {
  t.timeout(6 * MINUTES)
  const dir = await project(t, 'jest', JEST)
  if (dir === undefined) return
  const imports = "import { afterEach, test } from '@jest/globals'"
  writeFileSync(join(dir, 'office.test.js'), testFor(imports))
  const fake = underFakeTimers("import { jest, test } from '@jest/globals'", 'jest.useFakeTimers()')
  writeFileSync(join(dir, 'fake.test.js'), fake)
  const env = { NODE_OPTIONS: '--experimental-vm-modules' }
  await check(t, dir, 'jest/bin/jest.js', ['--json', '--silent'], env)
})
