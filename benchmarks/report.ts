/** What both benchmarks print with: the machine, medians, one table. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, loadavg, totalmem } from 'node:os'

export interface Column {
  readonly title: string
  readonly width: number
}

/** Figures without the machine, its load and the versions mean nothing. */
export function machineLine(): string {
  const [cpu] = cpus()
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
  const [load = 0] = loadavg()
  const warning = load > cpus().length ? ' (busy: the figures may mislead)' : ''
  const names = ['better-sqlite3', 'msgpackr', 'node-ipc']
  const versions = names.map((name) => `${name} ${versionOf(name)}`).join(', ')
  return (
    `${cpus().length} × ${cpu?.model.trim() ?? 'unknown CPU'}, ${memory}, load ${load.toFixed(1)} at the start${warning}\n` +
    `${process.platform} ${process.arch}, Node ${process.versions.node}, ${versions}`
  )
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** Of unsorted values; the nearest one, never between two. */
export function quantile(values: readonly number[], at: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? Number.NaN
}

/** The first column is text, the others are figures. */
export function printTable(columns: readonly Column[], rows: readonly (readonly string[])[]): void {
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => {
        const width = columns[index]?.width ?? 0
        return index === 0 ? cell.padEnd(width) : cell.padStart(width)
      })
      .join('  ')
      .trimEnd()
  console.log(line(columns.map(({ title }) => title)))
  console.log(line(columns.map(({ width }) => '-'.repeat(width))))
  for (const row of rows) console.log(line(row))
}

function versionOf(name: string): string {
  const require = createRequire(import.meta.url)
  const entry = require.resolve(name)
  const root = entry.slice(0, entry.lastIndexOf(`node_modules/${name}/`))
  const text = readFileSync(`${root}node_modules/${name}/package.json`, 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
