// What a program pays for parts that it does not use: nothing of them is loaded.
import test from 'ava'
import { readFileSync, statSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { rootPath } from '../system/support.js'

/** Every file that is loaded with `entry`, by following its imports as Node does; those at run time too. */
function loadedWith(entry: string, withDynamic: boolean): string[] {
  const loaded = new Set<string>()
  const waiting = [entry]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (loaded.has(path)) continue
    loaded.add(path)
    const source = readFileSync(path, 'utf8')
    const imports = /(?:from|import)\s*'(\.[^']+)'/g
    const dynamic = /(?:import\(|new URL\()\s*'(\.[^']+\.js)'/g
    for (const pattern of withDynamic ? [imports, dynamic] : [imports]) {
      for (const [, specifier = ''] of source.matchAll(pattern)) {
        waiting.push(resolve(dirname(path), specifier))
      }
    }
  }
  return [...loaded].map((path) => relative(lib, path)).sort()
}

const lib = rootPath('dist/lib')

test('importing and using vivarium loads nothing of gateway, command line, recipes, cluster or testing', (t) => {
  const files = loadedWith(resolve(lib, 'index.js'), true)
  t.true(files.includes('session/join.js'))
  t.true(files.includes('host/replica-thread.js'))
  t.deepEqual(
    files.filter((file) => /^(gateway|cli|recipes|cluster|testing)\//.test(file)),
    [],
  )
})

test('importing vivarium loads neither the replica nor its storage before somebody joins', (t) => {
  const files = loadedWith(resolve(lib, 'index.js'), false)
  const bytes = files.reduce((sum, file) => sum + statSync(resolve(lib, file)).size, 0)
  t.log(`${files.length} files, ${bytes} bytes`)
  t.deepEqual(
    files.filter((file) => /^(transport|replica|zab|gateway)\/|sqlite/.test(file)),
    [],
  )
})
