/**
 * What a command is: its words, its options, and what it does. The help and the parser (`node:util`) are made from the
 * same table, so that neither can know an option that the other does not.
 */
import { parseArgs } from 'node:util'
import type { ParseArgsConfig } from 'node:util'
import { failureOf, usageFailure } from './failure.js'
import type { ExitCode } from './failure.js'
import type { Output } from './output.js'

export interface OptionSpec {
  readonly short?: string
  /** What stands for the value in the help; without it the option is a flag. */
  readonly value?: string
  /** It may be given several times. */
  readonly isList?: boolean
  readonly help: string
}

export type OptionTable = Readonly<Record<string, OptionSpec>>

/** What was given; a flag is true, an option its text or texts. */
export type Given = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

export interface Command {
  readonly name: string
  /** How it is called, behind its name. */
  readonly usage: string
  /** One line. */
  readonly summary: string
  /** More lines for its own help. */
  readonly details?: string
  readonly options: OptionTable
  /** Words behind the options, at least and at most. */
  readonly words: readonly [number, number]
  /** Resolves with the exit code, throws what is not as it should be. Loaded when it is run. */
  run(given: Given, words: readonly string[], output: Output): Promise<ExitCode>
}

export const JSON_OPTION: OptionTable = {
  json: { help: 'one JSON value per line instead of text' },
}

const HELP_OPTION: OptionTable = { help: { short: 'h', help: 'this help' } }

export interface Parsed {
  readonly given: Given
  readonly words: readonly string[]
}

/** @throws Failure (usage) that names the command. */
export function parseCommand(command: Command, args: readonly string[]): Parsed {
  const table = allOptions(command)
  const options: NonNullable<ParseArgsConfig['options']> = {}
  for (const [name, { short, value, isList = false }] of Object.entries(table)) {
    const type = value === undefined ? 'boolean' : 'string'
    options[name] = { type, multiple: isList, ...(short === undefined ? {} : { short }) }
  }
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
    const given: Given = { ...(parsed.values as Given) }
    if (given['help'] !== true) checkWords(command, parsed.positionals)
    return { given, words: parsed.positionals }
  } catch (error) {
    const hint = `try vivarium ${command.name} --help`
    throw usageFailure(`${command.name}: ${failureOf(error).message} (${hint})`)
  }
}

function checkWords({ words: [least, most], usage }: Command, found: readonly string[]): void {
  if (found.length >= least && found.length <= most) return
  const what = found.length < least ? 'too few' : 'too many'
  throw usageFailure(`${what} arguments, expected ${usage}`)
}

/** The text of an option, `undefined` if it was not given. */
export function textOf(given: Given, name: string): string | undefined {
  const value = given[name]
  return typeof value === 'string' ? value : undefined
}

/** All texts of an option that may be given several times. */
export function textsOf(given: Given, name: string): readonly string[] {
  const value = given[name]
  return Array.isArray(value) ? (value as readonly string[]) : []
}

export function isSet(given: Given, name: string): boolean {
  return given[name] === true
}

/** Its own options and those of every command. */
export function allOptions(command: Command): OptionTable {
  return { ...command.options, ...HELP_OPTION }
}
