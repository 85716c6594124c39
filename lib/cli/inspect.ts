/** `vivarium inspect`: what is in the files of replicas that do not run. */
import type { DatabaseInspection } from '../session/inspect.js'
import { isSet, textOf } from './command.js'
import type { Given } from './command.js'
import { EXIT, usageFailure } from './failure.js'
import type { ExitCode } from './failure.js'
import type { Output } from './output.js'
import { integerOf } from './serve-plan.js'
import { fields, table } from './table.js'

export async function inspect(given: Given, output: Output): Promise<ExitCode> {
  const dir = textOf(given, 'dir')
  if (dir === undefined) throw usageFailure('inspect needs --dir DIRECTORY')
  const id = textOf(given, 'id')
  // It loads SQLite, which no other command but serve needs.
  const { inspect: look } = await import('../session/inspect.js')
  const found = await look(dir, {
    id: id === undefined ? undefined : integerOf('--id', id),
    deep: isSet(given, 'deep'),
  })
  for (const [index, each] of found.entries()) {
    output.result(each, () => (index === 0 ? '' : '\n') + textOfOne(each))
  }
  return found.every(isSound) ? EXIT.ok : EXIT.refused
}

function isSound({ held, checks = [] }: DatabaseInspection): boolean {
  return held === undefined && checks.every(({ problem }) => problem === undefined)
}

function textOfOne(found: DatabaseInspection): string {
  const { id, path, held, checks = [] } = found
  const head = `replica ${id}: ${path}\n`
  if (held !== undefined) return `${head}  not looked into: ${held}\n`
  const parts = [
    fields(generalFields(found)),
    snapshotTable(found),
    fields(checks.map(({ name, problem }) => [name, problem ?? 'ok'])),
  ]
  return head + parts.map(indented).filter(Boolean).join('\n')
}

function generalFields(
  found: DatabaseInspection,
): (readonly [string, string | number | undefined])[] {
  const { log, registry = [] } = found
  return [
    ['format', found.format],
    ['bytes', `${found.bytes ?? 0} + ${found.walBytes ?? 0} of write-ahead log`],
    ['cluster', found.cluster === '' ? 'none yet' : found.cluster],
    ['database', found.database],
    ['voters', found.voters?.join(', ')],
    ['vote', found.voter === undefined ? undefined : found.voter ? 'yes' : 'no'],
    ['incarnation', found.incarnation],
    ['accepted epoch', found.acceptedEpoch],
    ['current epoch', found.currentEpoch],
    ...registry.map(({ replica, databaseId, incarnation }) => {
      return [`votes for ${replica}`, `${databaseId}, incarnation ${incarnation}`] as const
    }),
    [
      'closed',
      found.clean === undefined ? undefined : found.clean ? 'in good order' : 'by a crash',
    ],
    ['earlier damage', found.damage],
    ['damaged file', found.damagedPath],
    ['log', log === undefined ? undefined : logText(log)],
    ['log bytes', log?.bytes],
    ['log trimmed to', log === undefined || log.base === 0 ? undefined : zxidText(log.base)],
  ]
}

function logText({ first, last, count }: NonNullable<DatabaseInspection['log']>): string {
  if (first === undefined || last === undefined) return 'empty'
  return `${zxidText(first)} … ${zxidText(last)}, ${count} txns`
}

function snapshotTable({ snapshots = [] }: DatabaseInspection): string {
  const titles = ['snapshot', 'state', 'start', 'end', 'znodes', 'sessions', 'bytes']
  const rows = snapshots.map(({ number, isComplete, isCurrent, start, end, ...rest }) => [
    number,
    isCurrent ? 'current' : isComplete ? 'old' : 'unfinished',
    start === undefined ? '-' : zxidText(start),
    end === undefined ? '-' : zxidText(end),
    rest.znodes,
    rest.sessions,
    rest.bytes,
  ])
  return table(titles, rows)
}

/** As ZooKeeper's tools show it: epoch and counter are the two halves of the number. */
export function zxidText(zxid: number): string {
  return `0x${zxid.toString(16)}`
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ')
}
