/** The files that docs/testing-your-application.md shows, word for word. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const page = fileURLToPath(new URL('../../../docs/testing-your-application.md', import.meta.url))

/** The block of code that begins with the comment `// name`. */
export function shownFile(name: string): string {
  const blocks = readFileSync(page, 'utf8').matchAll(/```js\n([^]*?)```/g)
  for (const [, code = ''] of blocks) if (code.startsWith(`// ${name}\n`)) return code
  throw new Error(`the page shows no ${name}`)
}

/** The shown test, for another runner: only where `test` and `afterEach` come from differs. */
export function testFor(imports: string): string {
  const shown = shownFile('office.test.js')
  const line = "import test, { afterEach } from 'node:test'"
  if (!shown.includes(line)) throw new Error('the shown test imports node:test otherwise')
  return shown.replace(line, imports)
}

/** Titles of the shown tests. */
export function titles(): string[] {
  return [...shownFile('office.test.js').matchAll(/^test\('(.*)', async/gm)].map(
    ([, title = '']) => title,
  )
}
