// Tidiness that no linter checks: the documentation names only files that exist, and the library
// holds nothing unfinished or excused.
import test from 'ava'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Words that mark unfinished work, and comments that switch a check off. */
const EXCUSES =
  /\b(TODO|FIXME|XXX|HACK)\b|(oxlint|eslint)-disable|@ts-(ignore|nocheck|expect-error)/

/** A path in backticks, such as the one of this file; patterns with `*` or `<…>` are not paths. */
const NAMED_PATH = /`((?:lib|test|docs|examples|benchmarks|\.ci)\/[\w./-]*)`/g

/** The target of a link to a file, without its anchor. */
const LINK = /\]\((?![a-z]+:|#)([^)#\s]+)/g

function documents(): string[] {
  const docs = existsSync(join(root, 'docs')) ? readdirSync(join(root, 'docs')) : []
  const pages = docs.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)
  return ['README.md', 'CHANGELOG.md', ...pages].filter((file) => existsSync(join(root, file)))
}

function sourcesOf(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
}

function missingPaths(file: string, text: string): string[] {
  const named = [...text.matchAll(NAMED_PATH)].map(([, path = '']) => path)
  const linked = [...text.matchAll(LINK)].map(([, path = '']) => join(dirname(file), path))
  return [...named, ...linked].filter((path) => !existsSync(join(root, path)))
}

test('every path that the documentation names exists', (t) => {
  for (const file of documents()) {
    t.deepEqual(missingPaths(file, readFileSync(join(root, file), 'utf8')), [], file)
  }
  t.pass()
})

test('a path that does not exist is found, in backticks and in links', (t) => {
  const text =
    'See `lib/base/heap.ts`, `lib/gone.ts`, [here](gone.md#a), [there](https://a.b/c), `lib/`.'
  t.deepEqual(missingPaths('docs/page.md', text), ['lib/gone.ts', 'docs/gone.md'])
})

test('the library holds no unfinished work and no excuse from a check', (t) => {
  for (const file of sourcesOf('lib')) {
    const lines = readFileSync(join(root, file), 'utf8').split('\n')
    t.deepEqual(
      lines.filter((line) => EXCUSES.test(line)),
      [],
      file,
    )
  }
})

test('every file of the library says first what it is', (t) => {
  const silent = sourcesOf('lib').filter((file) => {
    // A command's first line says who runs it.
    const text = readFileSync(join(root, file), 'utf8').replace(/^#!.*\n/, '')
    return !text.startsWith('/**') && !text.startsWith('//')
  })
  t.deepEqual(silent, [])
})

test('excuses are recognised', (t) => {
  for (const line of ['// TODO', '// oxlint-disable-next-line no-console', '// @ts-ignore']) {
    t.regex(line, EXCUSES)
  }
  t.notRegex('const methodToDo = hackney', EXCUSES)
})
