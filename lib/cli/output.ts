/**
 * Where a command says what it has to say: results on standard output, as text or (`--json`) as one JSON value per
 * line; everything else on standard error.
 */
import { errnoOf } from './failure.js'
import type { Failure } from './failure.js'

export class Output {
  readonly isJson: boolean

  constructor(isJson: boolean) {
    this.isJson = isJson
  }

  /** One result. `text` is asked for only where it is shown, and brings its own line breaks. */
  result(value: unknown, text: () => string | Uint8Array): void {
    process.stdout.write(this.isJson ? `${JSON.stringify(value)}\n` : text())
  }

  /** Something that the user should know. */
  note(text: string): void {
    process.stderr.write(
      this.isJson ? `${JSON.stringify({ note: text })}\n` : `vivarium: ${text}\n`,
    )
  }

  failure(failure: Failure): void {
    const { code, message } = failure
    const errno = errnoOf(failure)
    const text = this.isJson
      ? JSON.stringify({ error: { code, errno, message } })
      : `vivarium: ${message.includes(code) ? '' : `${code}: `}${message}`
    process.stderr.write(`${text}\n`)
  }
}
