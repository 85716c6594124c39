/** The help of the command and of its commands, made from their tables. */
import { allOptions } from './command.js'
import type { Command, OptionSpec } from './command.js'
import { fields } from './table.js'

export function generalHelp(commands: readonly Command[]): string {
  const list = fields(commands.map(({ name, summary }) => [name, summary]))
  return `vivarium: ZooKeeper as an embeddable library, and as a command

Usage: vivarium <command> [options]

${indented(list)}
  vivarium <command> --help   more about one command
  vivarium --version          the version of the package

Exit codes: 0 done; 1 refused (the code is printed); 2 wrong usage; 3 nobody answers.
`
}

export function commandHelp(command: Command): string {
  const { name, usage, summary, details } = command
  const options = Object.entries(allOptions(command)).map(
    ([option, spec]) => [optionText(option, spec), spec.help] as const,
  )
  const parts = [`vivarium ${name}: ${summary}`, `Usage: vivarium ${name} ${usage}`.trimEnd()]
  if (details !== undefined) parts.push(details.trim())
  parts.push(`Options:\n${indented(fields(options)).trimEnd()}`)
  return `${parts.join('\n\n')}\n`
}

function optionText(name: string, { short, value }: OptionSpec): string {
  const text = `${short === undefined ? '    ' : `-${short}, `}--${name}`
  return value === undefined ? text : `${text} ${value}`
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ')
}
