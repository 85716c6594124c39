/** `vivarium ls`, `get` and `stat`. */
import type { WireStat } from '../gateway/jute/records.js'
import { isSet, textOf } from './command.js'
import type { Given } from './command.js'
import { EXIT, failureOf } from './failure.js'
import type { ExitCode } from './failure.js'
import type { Output } from './output.js'
import { table } from './table.js'
import { timeText } from './times.js'
import { openReader } from './znode-reader.js'
import type { ZnodeReader } from './znode-reader.js'
import { dataText, encodingOf, hexText, statJson, statText } from './znode-text.js'

/** Znodes of one parent asked for at once. */
const READS_AT_ONCE = 64

interface Listed {
  readonly path: string
  /** What is shown: the name, or with -R the path. */
  readonly shown: string
  readonly stat: WireStat | undefined
}

export async function ls(
  given: Given,
  [path = '/']: readonly string[],
  output: Output,
): Promise<ExitCode> {
  return withReader(given, output, async (reader) => {
    const [isDeep, isLong] = [isSet(given, 'recursive'), isSet(given, 'stat')]
    let hidden = 0
    const onHidden = (of: string): void => {
      hidden += 1
      output.note(`${of}: NO_AUTH, it and what is below it are left out`)
    }
    const found = isDeep ? walk(reader, path, onHidden) : list(reader, path, isLong)
    if (isLong && !output.isJson) {
      const rows: Listed[] = []
      for await (const each of found) rows.push(each)
      output.result(undefined, () => listTable(rows))
      return hidden === 0 ? EXIT.ok : EXIT.refused
    }
    for await (const { path: of, shown, stat } of found) {
      output.result(
        isLong && stat !== undefined ? { path: of, stat: statJson(stat) } : { path: of },
        () => {
          return `${shown}\n`
        },
      )
    }
    return hidden === 0 ? EXIT.ok : EXIT.refused
  })
}

function listTable(rows: readonly Listed[]): string {
  const titles = ['VERSION', 'BYTES', 'CHILDREN', 'MODIFIED', 'OWNER', 'NAME']
  return table(
    titles,
    rows.flatMap(({ shown, stat }) => {
      if (stat === undefined) return []
      const { version, dataLength, numChildren, mtime, ephemeralOwner } = stat
      const owner = ephemeralOwner === 0 ? '-' : hexText(ephemeralOwner)
      return [[version, dataLength, numChildren, timeText(Number(mtime)), owner, shown]]
    }),
  )
}

async function* list(reader: ZnodeReader, path: string, withStat: boolean): AsyncGenerator<Listed> {
  const { children } = await reader.children(path)
  const sorted = [...children].sort(byCodePoint)
  for (const names of chunks(sorted)) {
    const stats = withStat
      ? await Promise.all(names.map((name) => unlessGone(reader.stat(below(path, name)))))
      : []
    for (const [index, name] of names.entries()) {
      const stat = stats[index]
      if (withStat && stat === undefined) continue
      yield { path: below(path, name), shown: name, stat }
    }
  }
}

/**
 * The znode and all below it, each before its children. One that goes meanwhile is left out.
 *
 * @param onHidden  Told of what may not be read; without it the walk ends there.
 */
export async function* walk(
  reader: ZnodeReader,
  path: string,
  onHidden?: (path: string) => void,
): AsyncGenerator<Listed> {
  const root = await reader.children(path)
  yield* walkBelow(reader, path, root, onHidden)
}

type Children = Awaited<ReturnType<ZnodeReader['children']>>

async function* walkBelow(
  reader: ZnodeReader,
  path: string,
  { children, stat }: Children,
  onHidden: ((path: string) => void) | undefined,
): AsyncGenerator<Listed> {
  yield { path, shown: path, stat }
  for (const names of chunks([...children].sort(byCodePoint))) {
    const paths = names.map((name) => below(path, name))
    const found = await Promise.all(
      paths.map((each) => unlessGone(reader.children(each), onHidden && (() => onHidden(each)))),
    )
    for (const [index, each] of found.entries()) {
      const child = paths[index]
      if (each !== undefined && child !== undefined) yield* walkBelow(reader, child, each, onHidden)
    }
  }
}

/** `undefined` where there is no such znode any more, or none to be seen. */
async function unlessGone<T>(read: Promise<T>, onHidden?: () => void): Promise<T | undefined> {
  try {
    return await read
  } catch (error) {
    const { code } = failureOf(error)
    if (code === 'NO_AUTH' && onHidden !== undefined) onHidden()
    else if (code !== 'NO_NODE') throw error
    return undefined
  }
}

function* chunks(names: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < names.length; at += READS_AT_ONCE) yield names.slice(at, at + READS_AT_ONCE)
}

function below(path: string, name: string): string {
  return path === '/' ? `/${name}` : `${path}/${name}`
}

function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export async function get(
  given: Given,
  [path = '/']: readonly string[],
  output: Output,
): Promise<ExitCode> {
  const encoding = encodingOf(textOf(given, 'encoding'))
  return withReader(given, output, async (reader) => {
    const { data, stat } = await reader.data(path)
    if (encoding === 'raw' && !output.isJson) {
      output.result(undefined, () => data ?? '')
      return
    }
    // JSON has no raw bytes.
    const used = encoding === 'raw' ? 'base64' : encoding
    const text = data === undefined ? undefined : dataText(data, used)
    const value = { path, data: text ?? null, encoding: used, stat: statJson(stat) }
    output.result(value, () => {
      return `${text ?? ''}\n${isSet(given, 'stat') ? statText(stat) : ''}`
    })
  })
}

export async function stat(
  given: Given,
  [path = '/']: readonly string[],
  output: Output,
): Promise<ExitCode> {
  return withReader(given, output, async (reader) => {
    const found = await reader.stat(path)
    output.result({ path, stat: statJson(found) }, () => statText(found))
  })
}

async function withReader(
  given: Given,
  output: Output,
  work: (reader: ZnodeReader) => Promise<ExitCode | void>,
): Promise<ExitCode> {
  const reader = await openReader(given, output)
  try {
    return (await work(reader)) ?? EXIT.ok
  } finally {
    await reader.close()
  }
}
