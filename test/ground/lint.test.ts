// The lint rules that hold the architecture up, each proved by a planted fault: a project of faulty
// files is written into a temporary directory and linted with this repository's own configuration.
import test from 'ava'
import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))

interface Arrows {
  /** Folders whose values may be imported. */
  readonly values: readonly string[]
  /** Folders of which only types may be imported. */
  readonly types: readonly string[]
}

/** Who may import whom. Said here once more, so that a slip in the configuration shows. */
const ARROWS: Readonly<Record<string, Arrows>> = {
  base: { values: [], types: [] },
  protocol: { values: ['base'], types: [] },
  zab: { values: ['base', 'protocol'], types: [] },
  tree: { values: ['base', 'protocol'], types: [] },
  replica: { values: ['zab', 'tree', 'protocol', 'base'], types: [] },
  wire: { values: ['protocol', 'base'], types: ['replica', 'zab', 'tree'] },
  storage: { values: ['wire', 'protocol', 'base'], types: ['zab', 'tree'] },
  transport: { values: ['wire', 'protocol', 'base'], types: ['zab'] },
  host: { values: ['replica', 'storage', 'transport', 'wire', 'protocol', 'base'], types: [] },
  session: { values: ['tree', 'wire', 'protocol', 'base', 'host'], types: ['replica'] },
  recipes: { values: ['session'], types: [] },
  cluster: { values: ['session'], types: [] },
  gateway: { values: ['session'], types: [] },
  cli: { values: ['session', 'gateway', 'cluster'], types: [] },
}

/** May import everything: ensembles in memory, for tests of ours and of users. */
const UNRESTRICTED = 'testing'

const PURE = ['base', 'protocol', 'zab', 'tree', 'replica']
const FOLDERS = [...Object.keys(ARROWS), UNRESTRICTED]

const GLOBALS = 'eslint(no-restricted-globals)'
const IMPORTS = 'eslint(no-restricted-imports)'
const PROPERTIES = 'eslint(no-restricted-properties)'
const ASYNC = 'oxc(no-async-await)'

/** One faulty line and the rule that must catch it. */
interface Fault {
  readonly name: string
  readonly source: string
  readonly rule: string
}

/** What no file of the pure half may hold. */
const IMPURITIES: readonly Fault[] = [
  { name: 'date', source: 'export const at: number = Date.now()', rule: GLOBALS },
  { name: 'new-date', source: 'export const at: object = new Date()', rule: GLOBALS },
  { name: 'performance', source: 'export const at: number = performance.now()', rule: GLOBALS },
  { name: 'global-this', source: 'export const at: number = globalThis.Date.now()', rule: GLOBALS },
  { name: 'timeout', source: 'setTimeout(() => {}, 1)', rule: GLOBALS },
  { name: 'interval', source: 'setInterval(() => {}, 1)', rule: GLOBALS },
  { name: 'immediate', source: 'setImmediate(() => {})', rule: GLOBALS },
  { name: 'microtask', source: 'queueMicrotask(() => {})', rule: GLOBALS },
  { name: 'promise', source: 'export const done: object = Promise.resolve()', rule: GLOBALS },
  { name: 'process', source: 'export const pid: number = process.pid', rule: GLOBALS },
  { name: 'console', source: "console.log('here')", rule: GLOBALS },
  { name: 'crypto', source: 'export const id: string = crypto.randomUUID()', rule: GLOBALS },
  { name: 'buffer', source: 'export const bytes: Uint8Array = Buffer.alloc(1)', rule: GLOBALS },
  { name: 'dice', source: 'export const roll: number = Math.random()', rule: PROPERTIES },
  { name: 'taken-dice', source: 'export const { random } = Math', rule: PROPERTIES },
  { name: 'async', source: 'export async function act(): Promise<void> {}', rule: ASYNC },
  { name: 'async-arrow', source: 'export const act: object = async () => {}', rule: ASYNC },
  { name: 'node', source: "import 'node:fs'", rule: IMPORTS },
  {
    name: 'node-type',
    source: "import type { Stats } from 'node:fs'\nexport type S = Stats",
    rule: IMPORTS,
  },
  { name: 'builtin', source: "import 'fs'", rule: IMPORTS },
  { name: 'package', source: "import 'debug'", rule: IMPORTS },
  { name: 'detour', source: "import './../session/door.js'", rule: IMPORTS },
]

const LONG_FUNCTION = `export function long(): void {\n${'  // one more line\n'.repeat(69)}}`
const LONG_FILE = '// one more line\n'.repeat(401)
const HALF_SWITCH = `type Role = { readonly kind: 'looking' } | { readonly kind: 'leading' }
export function name(role: Role): void {
  switch (role.kind) {
    case 'looking':
  }
}`
const FLOATING = `export async function act(): Promise<void> {}\nact()`
const TYPE_CHECKED = 'typescript'

/** Faults of one kind each, with the file that holds them. */
const OTHERS: readonly (Fault & { readonly file: string })[] = [
  {
    name: 'a function of 71 lines',
    file: 'lib/zab/long-function.ts',
    source: LONG_FUNCTION,
    rule: 'eslint(max-lines-per-function)',
  },
  {
    name: 'a file of 401 lines',
    file: 'lib/zab/long-file.ts',
    source: LONG_FILE,
    rule: 'eslint(max-lines)',
  },
  {
    name: 'a promise nobody awaits',
    file: 'lib/host/floating.ts',
    source: FLOATING,
    rule: `${TYPE_CHECKED}(no-floating-promises)`,
  },
  {
    name: 'a switch that forgets a member',
    file: 'lib/tree/half.ts',
    source: HALF_SWITCH,
    rule: `${TYPE_CHECKED}(switch-exhaustiveness-check)`,
  },
  {
    name: 'any',
    file: 'lib/host/any.ts',
    source: 'export const value: any = 1',
    rule: `${TYPE_CHECKED}(no-explicit-any)`,
  },
  {
    name: 'ts-ignore',
    file: 'lib/host/ignore.ts',
    source: '// @ts-ignore\nexport const a: string = 1',
    rule: `${TYPE_CHECKED}(ban-ts-comment)`,
  },
  {
    name: 'a cycle within a folder',
    file: 'lib/host/circle.ts',
    source: "import './circle-back.js'",
    rule: 'import(no-cycle)',
  },
  {
    name: 'the other half of the cycle',
    file: 'lib/host/circle-back.ts',
    source: "import './circle.js'",
    rule: 'import(no-cycle)',
  },
  {
    name: 'a barrel that is no public door',
    file: 'lib/host/barrel.ts',
    source: "export * from './door.js'",
    rule: 'oxc(no-barrel-file)',
  },
  {
    name: 'the end of the host',
    file: 'lib/host/exit.ts',
    source: 'process.exit(1)',
    rule: PROPERTIES,
  },
  {
    name: 'printing',
    file: 'lib/host/print.ts',
    source: "console.log('here')",
    rule: 'eslint(no-console)',
  },
  {
    name: 'a clock in wire',
    file: 'lib/wire/clock.ts',
    source: 'export const at: number = Date.now()',
    rule: GLOBALS,
  },
  { name: 'Node in wire', file: 'lib/wire/node.ts', source: "import 'node:fs'", rule: IMPORTS },
  {
    name: 'a clock in a view',
    file: 'lib/session/clock.ts',
    source: 'export const at: number = performance.now()',
    rule: GLOBALS,
  },
  {
    name: 'a timer in a view',
    file: 'lib/session/timer.ts',
    source: 'setTimeout(() => {}, 1)',
    rule: GLOBALS,
  },
  {
    name: 'Node in recipes',
    file: 'lib/recipes/node.ts',
    source: "import 'node:fs'",
    rule: IMPORTS,
  },
  {
    name: 'SQLite outside storage',
    file: 'lib/host/sqlite.ts',
    source: "import 'better-sqlite3'",
    rule: IMPORTS,
  },
  {
    name: 'node-ipc outside transport',
    file: 'lib/host/ipc.ts',
    source: "import 'node-ipc'",
    rule: IMPORTS,
  },
  {
    name: 'msgpackr outside wire',
    file: 'lib/storage/msgpack.ts',
    source: "import 'msgpackr'",
    rule: IMPORTS,
  },
  {
    name: 'a type hidden beside a value',
    file: 'lib/wire/mixed.ts',
    source: "import { door, type Door } from '../zab/door.js'\nexport const d: Door = door",
    rule: IMPORTS,
  },
  {
    name: 'a value re-exported',
    file: 'lib/wire/again.ts',
    source: "export { door } from '../zab/door.js'",
    rule: IMPORTS,
  },
  {
    name: 'an import at run time',
    file: 'lib/zab/later.ts',
    source: "export const later: object = import('../session/door.js')",
    rule: IMPORTS,
  },
  {
    name: 'the public door from inside',
    file: 'lib/session/inward.ts',
    source: "import '../index.js'",
    rule: IMPORTS,
  },
  {
    name: 'a test imported by the library',
    file: 'lib/host/test.ts',
    source: "import '../../test/door.js'",
    rule: IMPORTS,
  },
]

/** What must stay possible. */
const ALLOWED: Readonly<Record<string, string>> = {
  'lib/index.ts': "export * from './session/door.js'",
  'lib/recipes/index.ts': "export * from './door.js'",
  'lib/wire/packs.ts': "import 'msgpackr'",
  'lib/storage/stores.ts': "import 'better-sqlite3'\nimport 'node:fs'\nimport 'debug'",
  'lib/transport/links.ts': "import 'node-ipc'\nimport 'node:net'",
  'lib/host/clock.ts': 'export const at: number = performance.now()',
  'lib/cli/print.ts': "console.log('here')\nprocess.exit(1)",
  'lib/zab/waits.ts': `export function waits(): void {\n${'  // one more line\n'.repeat(68)}}`,
  'test/zab/any.ts':
    "import '../../lib/zab/door.js'\nimport '../../lib/session/door.js'\nimport 'node:fs'",
}

/** Rules reported per file of the faulty project. */
type Report = ReadonlyMap<string, ReadonlySet<string>>

let project = ''
let report: Report = new Map()

test.before(async () => {
  project = mkdtempSync(join(tmpdir(), 'vivarium-lint-'))
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'))
  for (const name of ['.oxlintrc.json', 'tsconfig.json', 'package.json']) {
    copyFileSync(join(root, name), join(project, name))
  }
  plantAll()
  report = await lint()
})

test.after.always(() => rmSync(project, { recursive: true, force: true }))

test('every folder of lib has its place in the table of imports', (t) => {
  const folders = readdirSync(join(root, 'lib'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
  t.deepEqual(
    folders.filter((folder) => !FOLDERS.includes(folder)),
    [],
  )
})

for (const [folder, arrows] of Object.entries(ARROWS)) {
  test(`${folder} imports only what the table of imports allows it`, (t) => {
    for (const other of FOLDERS) {
      if (other === folder) continue
      const value = rulesOf(`lib/${folder}/value-of-${other}.ts`)
      const type = rulesOf(`lib/${folder}/type-of-${other}.ts`)
      const isValueAllowed = arrows.values.includes(other)
      const isTypeAllowed = isValueAllowed || arrows.types.includes(other)
      t.deepEqual(value, isValueAllowed ? [] : [IMPORTS], `a value of ${other}`)
      t.deepEqual(type, isTypeAllowed ? [] : [IMPORTS], `a type of ${other}`)
    }
  })
}

for (const folder of PURE) {
  test(`${folder} has no clock, no dice, no async and no Node`, (t) => {
    for (const { name, rule } of IMPURITIES) {
      t.true(rulesOf(`lib/${folder}/impure-${name}.ts`).includes(rule), `${name}: ${rule}`)
    }
  })
}

for (const { name, file, rule } of OTHERS) {
  test(`refused: ${name}`, (t) => {
    t.true(rulesOf(file).includes(rule), `${file} is reported by ${rule}`)
  })
}

test('what is allowed is not reported', (t) => {
  for (const file of Object.keys(ALLOWED)) t.deepEqual(rulesOf(file), [], file)
})

function rulesOf(file: string): string[] {
  return [...(report.get(file) ?? [])]
}

function plantAll(): void {
  const door =
    'export interface Door {\n  readonly open: boolean\n}\nexport const door: Door = { open: true }'
  for (const folder of FOLDERS) plant(`lib/${folder}/door.ts`, door)
  for (const folder of Object.keys(ARROWS)) {
    for (const other of FOLDERS) {
      if (other !== folder) plantImports(folder, other)
    }
  }
  for (const folder of PURE) {
    for (const { name, source } of IMPURITIES) plant(`lib/${folder}/impure-${name}.ts`, source)
  }
  for (const { file, source } of OTHERS) plant(file, source)
  for (const [file, source] of Object.entries(ALLOWED)) plant(file, source)
}

function plantImports(folder: string, other: string): void {
  plant(
    `lib/${folder}/value-of-${other}.ts`,
    `import { door } from '../${other}/door.js'\nexport const isOpen: boolean = door.open`,
  )
  plant(
    `lib/${folder}/type-of-${other}.ts`,
    `import type { Door } from '../${other}/door.js'\nexport type Entrance = Door`,
  )
}

function plant(file: string, source: string): void {
  const path = join(project, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${source}\n`)
}

interface Diagnostic {
  readonly filename: string
  readonly code: string
}

/** Lints the faulty project as `npm run check` lints this one. */
async function lint(): Promise<Report> {
  const script = join(root, 'node_modules/oxlint/bin/oxlint')
  const output = await new Promise<string>((resolve, reject) => {
    const options = { cwd: project, maxBuffer: 64 * 1024 * 1024 }
    execFile(
      process.execPath,
      [script, '--type-aware', '--format=json'],
      options,
      (error, stdout) => {
        // Exit code 1 is what faults are for; anything that is not JSON is not.
        if (stdout.startsWith('{')) resolve(stdout)
        else reject(new Error(`oxlint did not run: ${stdout}`, { cause: error }))
      },
    )
  })
  const { diagnostics } = JSON.parse(output) as { diagnostics: Diagnostic[] }
  const rules = new Map<string, Set<string>>()
  for (const { filename, code } of diagnostics) {
    rules.set(filename, (rules.get(filename) ?? new Set()).add(code))
  }
  return rules
}
