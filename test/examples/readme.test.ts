// The code of the README works when pasted: it compiles under strict settings, runs, and runs again.
import test from 'ava'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as vivarium from '../../lib/index.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const run = promisify(execFile)

async function readme(): Promise<string> {
  return readFile(join(root, 'README.md'), 'utf8')
}

async function pastedCode(): Promise<string> {
  const [, code] = /```ts\n([^]*?)```/.exec(await readme()) ?? []
  if (code === undefined) throw new Error('the README shows no code')
  return code
}

/** An application that depends on this package, with the README's code as its program. */
async function application(code: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'vivarium-readme-'))
  await mkdir(join(dir, 'node_modules'))
  await symlink(root, join(dir, 'node_modules', 'vivarium'))
  await writeFile(join(dir, 'package.json'), '{ "type": "module" }')
  await writeFile(join(dir, 'program.ts'), code)
  // The code is JavaScript too.
  await writeFile(join(dir, 'program.js'), code)
  return dir
}

test('the code of the README compiles in strict TypeScript', async (t) => {
  t.timeout(60_000)
  const dir = await application(await pastedCode())
  t.teardown(() => rm(dir, { recursive: true }))
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const flags = ['--strict', '--exactOptionalPropertyTypes', '--module', 'nodenext', '--noEmit']
  const { stdout } = await run(process.execPath, [tsc, ...flags, 'program.ts'], { cwd: dir })
  t.is(stdout, '')
})

test('the code of the README runs, ends by itself, and runs again', async (t) => {
  t.timeout(60_000)
  const code = await pastedCode()
  t.true(code.trimEnd().split('\n').length <= 15, 'fifteen lines')
  const dir = await application(code)
  t.teardown(() => rm(dir, { recursive: true }))
  for (const colour of ['white', 'green']) {
    const { stdout } = await run(process.execPath, ['program.js'], { cwd: dir, timeout: 30_000 })
    t.regex(stdout, new RegExp(`/member-\\d+ is one of .*member-\\d+.*; the colour is ${colour}`))
    t.regex(stdout, /NodeDataChanged/)
    t.regex(stdout, /BAD_VERSION/)
  }
})

test('the README names every value that the package exports', async (t) => {
  const text = await readme()
  for (const name of Object.keys(vivarium)) t.true(text.includes(`\`${name}`), name)
})
