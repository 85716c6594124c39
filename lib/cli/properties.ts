/**
 * The syntax of Java's property files, which ZooKeeper's configuration is written in: `java.util.Properties.load`,
 * but read as UTF-8 (plain ASCII in nearly every such file, and names of directories in the others).
 */
import { usageFailure } from './failure.js'

export interface Property {
  readonly key: string
  readonly value: string
  /** 1-based; of a property over several lines the first. */
  readonly line: number
}

/**
 * Properties in the order of the file, a key that comes twice included.
 *
 * @throws Failure for a malformed `\uXXXX`, the only thing that can be wrong.
 */
export function parseProperties(text: string): Property[] {
  const properties: Property[] = []
  for (const { text: line, number } of logicalLines(text)) {
    const end = keyEnd(line)
    const key = unescaped(line.slice(0, end), number)
    const value = unescaped(line.slice(valueStart(line, end)), number)
    properties.push({ key, value, line: number })
  }
  return properties
}

interface LogicalLine {
  readonly text: string
  readonly number: number
}

/** Without comments, empty lines and leading blanks; with continuation lines joined. */
function logicalLines(text: string): LogicalLine[] {
  const lines: LogicalLine[] = []
  let open: LogicalLine | undefined
  for (const [index, natural] of text.split(/\r\n|\r|\n/).entries()) {
    const rest = natural.replace(/^[ \t\f]+/, '')
    if (open === undefined && (rest === '' || rest.startsWith('#') || rest.startsWith('!')))
      continue
    const { continues, part } = continuation(rest)
    const line = { text: (open?.text ?? '') + part, number: open?.number ?? index + 1 }
    open = continues ? line : undefined
    if (open === undefined) lines.push(line)
  }
  return open === undefined ? lines : [...lines, open]
}

/** An odd number of backslashes at its end makes the next line part of this one. */
function continuation(line: string): { readonly continues: boolean; readonly part: string } {
  const backslashes = line.length - line.replace(/\\+$/, '').length
  const continues = backslashes % 2 === 1
  return { continues, part: continues ? line.slice(0, -1) : line }
}

/** The key ends at the first `=`, `:` or blank that no backslash stands before. */
function keyEnd(line: string): number {
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at)
    if (character === '\\') at += 1
    else if (/[=: \t\f]/.test(character)) return at
  }
  return line.length
}

/** Behind blanks, one `=` or `:`, and blanks. */
function valueStart(line: string, end: number): number {
  return end + (/^[ \t\f]*[=:]?[ \t\f]*/.exec(line.slice(end))?.[0].length ?? 0)
}

const CONTROLS: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

function unescaped(text: string, line: number): string {
  return text.replaceAll(/\\(?:u(.{0,4})|(.)|$)/gs, (_, hex?: string, character?: string) => {
    if (hex === undefined) return CONTROLS[character ?? ''] ?? character ?? ''
    if (/^[0-9a-fA-F]{4}$/.test(hex)) return String.fromCharCode(Number.parseInt(hex, 16))
    throw usageFailure(`line ${line}: malformed \\u${hex}, expected four hexadecimal digits`)
  })
}
