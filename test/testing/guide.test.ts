// The example of docs/testing-your-application.md works as it is shown, under node:test and under AVA.
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EnsembleOptions } from '../../lib/testing/index.js'
import { Child, rootPath, temporaryDirectory } from '../system/support.js'
import { shownFile, testFor, titles } from './guide.js'
import { world } from './support.js'

/** A project with the shown service, this package, and AVA. */
function project(t: ExecutionContext): string {
  const dir = temporaryDirectory(t)
  mkdirSync(join(dir, 'node_modules'))
  symlinkSync(rootPath(), join(dir, 'node_modules', 'vivarium'))
  symlinkSync(rootPath('node_modules/ava'), join(dir, 'node_modules', 'ava'))
  writeFileSync(join(dir, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(dir, 'office.js'), shownFile('office.js'))
  return dir
}

test('the example runs under node:test, each of its tests', async (t) => {
  const dir = project(t)
  writeFileSync(join(dir, 'office.test.js'), shownFile('office.test.js'))
  const path = join(dir, 'office.test.js')
  const { code, stdout } = await Child.start(t, path, [], { cwd: dir }).end(30_000)
  t.is(code, 0, stdout)
  t.true(titles().length >= 4)
  for (const title of titles()) t.regex(stdout, new RegExp(`^ok \\d - ${title}`, 'm'))
})

test('it fails when the service does what it must not', async (t) => {
  const dir = project(t)
  // Who does not ask whether its session lives believes that it is in office for ever.
  const careless = shownFile('office.js').replace(
    'this.#zk.alive ? this.#token : undefined',
    'this.#token',
  )
  t.not(careless, shownFile('office.js'))
  writeFileSync(join(dir, 'office.js'), careless)
  writeFileSync(join(dir, 'office.test.js'), shownFile('office.test.js'))
  const path = join(dir, 'office.test.js')
  const { code, stdout } = await Child.start(t, path, [], { cwd: dir }).end(30_000)
  t.is(code, 1)
  t.is(stdout.match(/^not ok/gm)?.length, 3, stdout)
  t.regex(stdout, /two in office/)
})

test('the example runs under AVA', async (t) => {
  const dir = project(t)
  const imports = "import test from 'ava'\nconst afterEach = test.afterEach.always"
  writeFileSync(join(dir, 'office.test.js'), testFor(imports))
  const config = { failWithoutAssertions: false, files: ['*.test.js'] }
  writeFileSync(join(dir, 'ava.config.js'), `export default ${JSON.stringify(config)}`)
  const ava = rootPath('node_modules/ava/entrypoints/cli.mjs')
  const env = { AVA_PATH: '' }
  const child = Child.start(t, ava, ['--serial', '--tap'], { cwd: dir, env })
  const { code, stdout, stderr } = await child.end(60_000)
  t.is(code, 0, stdout + stderr)
  t.is(stdout.match(/^ok /gm)?.length, titles().length, stdout)
})

test('the lines of the README run', async (t) => {
  const [, code] =
    /```js\n(import \{ ensemble \}[^]*?)```/.exec(readFileSync(rootPath('README.md'), 'utf8')) ?? []
  const path = join(project(t), 'readme.js')
  writeFileSync(path, code ?? 'throw new Error("the README shows no ensemble")')
  const { code: exit, stderr } = await Child.start(t, path, []).end()
  t.is(exit, 0, stderr)
})

test('the page names every option and every method', async (t) => {
  const page = readFileSync(rootPath('docs/testing-your-application.md'), 'utf8')
  const options: { [Name in keyof Required<EnsembleOptions>]: true } = {
    size: true,
    seed: true,
    time: true,
    sessionTimeout: true,
    sameMachine: true,
    networkLatency: true,
    diskLatency: true,
    trace: true,
  }
  const three = await world(t)
  const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(three))
  const names = [...Object.keys(options), ...methods, ...Object.keys(three)]
  t.true(names.includes('kill') && names.includes('seed'))
  for (const name of names)
    if (name !== 'constructor') t.regex(page, new RegExp(`\`${name}\\b`), name)
})
