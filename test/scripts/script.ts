/**
 * A script: comments, and commands one per line, each followed by what it caused, indented. Running it gives the same text with
 * the trace of this run.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ensemble } from './ensemble.js'
import { execute } from './language.js'
import { Words } from './words.js'

/** Where the scripts are: beside the sources, not beside what the compiler wrote. */
export const SCRIPTS_FOLDER: string = fileURLToPath(
  new URL('../../../test/scripts/', import.meta.url),
)

export interface Run {
  /** The script with the trace of this run. */
  readonly text: string
  /** What must never be and was: expectations that do not hold, broken invariants, commands that make no sense. */
  readonly complaints: readonly string[]
}

/** Names of all scripts. */
export function scriptNames(): string[] {
  return readdirSync(SCRIPTS_FOLDER).filter((name) => name.endsWith('.txt'))
}

export function readScript(name: string): string {
  return readFileSync(new URL(name, `file://${SCRIPTS_FOLDER}`), 'utf8')
}

export function runScript(text: string): Run {
  const ensemble = new Ensemble()
  const { trace } = ensemble
  const lines: string[] = []
  for (const line of text.trimEnd().split('\n')) {
    // Indented: the trace of an earlier run.
    if (line.startsWith(' ')) continue
    lines.push(line)
    const command = line.replace(/#.*$/, '').trim()
    if (command === '') continue
    trace.begin(command)
    try {
      execute(ensemble, new Words(command))
    } catch (error) {
      trace.complain(error instanceof Error ? error.message : String(error))
    }
    lines.push(...trace.take())
  }
  return { text: `${lines.join('\n')}\n`, complaints: trace.complaints }
}
