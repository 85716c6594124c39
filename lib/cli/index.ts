#!/usr/bin/env node
/** The command `vivarium`: finds the command that is meant, runs it, and turns what it throws into an exit code. */
import { readFileSync } from 'node:fs'
import { parseCommand } from './command.js'
import { COMMANDS } from './commands.js'
import { EXIT, failureOf, usageFailure } from './failure.js'
import type { ExitCode } from './failure.js'
import { commandHelp, generalHelp } from './help.js'
import { Output } from './output.js'

async function main(args: readonly string[]): Promise<ExitCode> {
  const [name, ...rest] = args
  if (name === undefined) {
    process.stderr.write(generalHelp(COMMANDS))
    return EXIT.usage
  }
  if (name === '--help' || name === '-h' || name === 'help') return help(rest[0])
  if (name === '--version' || name === '-V' || name === 'version') return version()
  const command = COMMANDS.find((each) => each.name === name)
  if (command === undefined) throw usageFailure(`there is no command '${name}' (try --help)`)
  const { given, words } = parseCommand(command, rest)
  if (given['help'] === true) return help(name)
  return command.run(given, words, new Output(given['json'] === true))
}

function help(name: string | undefined): ExitCode {
  const command = COMMANDS.find((each) => each.name === name)
  if (name !== undefined && command === undefined) {
    throw usageFailure(`there is no command '${name}' (try --help)`)
  }
  process.stdout.write(command === undefined ? generalHelp(COMMANDS) : commandHelp(command))
  return EXIT.ok
}

/** From the package that this file belongs to: dist/lib/cli is three folders below it. */
function version(): ExitCode {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  const found = JSON.parse(text) as { readonly version: string }
  process.stdout.write(`${found.version}\n`)
  return EXIT.ok
}

// `vivarium ls | head`: who reads has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.refused)
})

const args = process.argv.slice(2)
try {
  process.exitCode = await main(args)
} catch (error) {
  const failure = failureOf(error)
  new Output(args.includes('--json')).failure(failure)
  process.exitCode = failure.exitCode
}
