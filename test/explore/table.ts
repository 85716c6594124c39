/** Values by number: each distinct value is kept once, and what is compared from then on is its number. */

export class Table<T> {
  readonly #byKey = new Map<string, number>()
  readonly #values: T[] = []

  get size(): number {
    return this.#values.length
  }

  /** The number of that value; `make` is called if it is new. */
  put(key: string, make: () => T): number {
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    const number = this.#values.length
    this.#values.push(make())
    this.#byKey.set(key, number)
    return number
  }

  /** Of plain data, which is frozen: nobody may change what others still hold. */
  putData(value: T): number {
    return this.put(JSON.stringify(value), () => freeze(value))
  }

  at(number: number): T {
    const value = this.#values[number]
    if (value === undefined) throw new Error(`no value has the number ${number}`)
    return value
  }
}

/** Remembers what a function of two numbers gave. */
export class Memo<T> {
  readonly #rows: (Map<number, T> | undefined)[] = []

  /** The columns of that row for which it is known. */
  columns(row: number): readonly number[] {
    return [...(this.#rows[row]?.keys() ?? [])]
  }

  get(row: number, column: number, make: () => T): T {
    let values = this.#rows[row]
    if (values === undefined) {
      values = new Map()
      this.#rows[row] = values
    }
    const known = values.get(column)
    if (known !== undefined) return known
    const value = make()
    values.set(column, value)
    return value
  }
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  // Bytes cannot be frozen.
  if (ArrayBuffer.isView(value)) return value
  Object.freeze(value)
  for (const each of Object.values(value)) freeze(each)
  return value
}
