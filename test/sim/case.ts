/**
 * One run, written down: a seed with all its options, so that it stays what it is when options are drawn otherwise.
 * As JSON, where `null` stands for Infinity ("never", "no bound").
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { drawOptions } from './options.js'
import type { SimOptions } from './options.js'

export interface Case {
  readonly seed: number
  /** What was wrong when it was kept, for people. */
  readonly story: string
  /** As JSON gives it; what it leaves out is drawn from the seed. */
  readonly options: Readonly<Record<string, unknown>>
}

const KEPT = fileURLToPath(new URL('../../../test/sim/seeds.json', import.meta.url))

/** The cases that are run for ever after. */
export function keptCases(): Case[] {
  return JSON.parse(readFileSync(KEPT, 'utf8')) as Case[]
}

export function keep(kept: Case): void {
  writeFileSync(KEPT, `${JSON.stringify([...keptCases(), kept], undefined, 2)}\n`)
}

export function readCase(file: string): Case {
  return JSON.parse(readFileSync(file, 'utf8')) as Case
}

export function caseOf(options: SimOptions, story: string): Case {
  return { seed: options.seed, story, options: JSON.parse(JSON.stringify(options)) }
}

export function optionsOf({ seed, options }: Case): SimOptions {
  return { ...(merge(drawOptions(seed), options) as SimOptions), seed }
}

/** Field by field, so that an option that is newer than the case is drawn. */
function merge(drawn: unknown, kept: unknown): unknown {
  if (kept === null) return Infinity
  if (Array.isArray(kept) || !isRecord(kept) || !isRecord(drawn)) return kept
  const merged: Record<string, unknown> = { ...drawn }
  for (const [name, value] of Object.entries(kept)) merged[name] = merge(drawn[name], value)
  return merged
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
