// The table of lessons names tests; a test that was renamed or removed must not stay in it.
import test from 'ava'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Below this heading a row says why there is no test. */
const WITHOUT_TESTS = '## What has no place here, or not yet'

interface Row {
  readonly lesson: string
  /** The cell with the tests. */
  readonly tests: string
}

function rowsOf(page: string): Row[] {
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| what'))
  return rows.map((line) => {
    const cells = line.split('|').map((cell) => cell.trim())
    return { lesson: cells[1] ?? '', tests: cells.at(-2) ?? '' }
  })
}

/** Each file that a cell names, with the titles that follow it up to the next file. */
function namedIn(tests: string): { readonly file: string; readonly titles: readonly string[] }[] {
  return [...tests.matchAll(/`([^`]+)`([^`]*)/g)].map(([, file = '', rest = '']) => {
    return { file, titles: [...rest.matchAll(/“([^”]+)”/g)].map(([, title = '']) => title) }
  })
}

/** What is wrong with a row; empty if it holds. */
function faultsOf({ tests }: Row, textOf: (file: string) => string | undefined): string[] {
  const named = namedIn(tests)
  if (named.length === 0) return ['no test is named']
  return named.flatMap(({ file, titles }) => {
    const text = textOf(file)
    if (text === undefined) return [`${file} does not exist`]
    if (file.endsWith('.txt')) return []
    if (titles.length === 0) return [`no test of ${file} is named`]
    return titles
      .filter((title) => !text.includes(title))
      .map((title) => `${file} has no “${title}”`)
  })
}

function textOf(file: string): string | undefined {
  const path = join(root, file)
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

test('every lesson names a test that exists', (t) => {
  const [page = ''] = readFileSync(join(root, 'docs/lessons.md'), 'utf8').split(WITHOUT_TESTS)
  const rows = rowsOf(page)
  t.true(rows.length > 50)
  for (const row of rows) t.deepEqual(faultsOf(row, textOf), [], row.lesson)
})

test('what is not tested says why', (t) => {
  const [, page = ''] = readFileSync(join(root, 'docs/lessons.md'), 'utf8').split(WITHOUT_TESTS)
  const rows = rowsOf(page)
  t.true(rows.length > 0)
  for (const { lesson, tests } of rows) t.regex(tests, /^no /, lesson)
})

test('a file or a title that does not exist, or a row without a test, is found', (t) => {
  const texts: Readonly<Record<string, string>> = { 'a.ts': "test('one')", 'b.txt': '' }
  const faults = (tests: string): string[] => faultsOf({ lesson: '', tests }, (file) => texts[file])
  t.deepEqual(faults('`a.ts` “one”, `b.txt`'), [])
  t.deepEqual(faults('`a.ts` “one”, “two”'), ['a.ts has no “two”'])
  t.deepEqual(faults('`a.ts`'), ['no test of a.ts is named'])
  t.deepEqual(faults('`c.txt`, `d.ts` “x”'), ['c.txt does not exist', 'd.ts does not exist'])
  t.deepEqual(faults('none'), ['no test is named'])
})
