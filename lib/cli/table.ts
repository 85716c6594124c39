/** Plain aligned text: columns for people, no lines, no colours, nothing that a script would have to take away. */

/**
 * Rows under a line of titles, columns as wide as their widest cell and two blanks apart. Numbers are aligned at their
 * end. `''` if there are no rows.
 */
export function table(
  titles: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  if (rows.length === 0) return ''
  return aligned([titles, ...rows])
}

/** A name and a value per line; those that are `undefined` are left out. */
export function fields(pairs: readonly (readonly [string, string | number | undefined])[]): string {
  const shown = pairs.flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  )
  return aligned(shown)
}

function aligned(rows: readonly (readonly (string | number)[])[]): string {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, widthOf(String(cell)))
    }
  }
  const lines = rows.map((row) => {
    const cells = row.map((cell, column) => {
      const space = ' '.repeat((widths[column] ?? 0) - widthOf(String(cell)))
      return typeof cell === 'number' ? space + String(cell) : String(cell) + space
    })
    return cells.join('  ').trimEnd()
  })
  return `${lines.join('\n')}\n`
}

/** Characters, not UTF-16 units. */
function widthOf(text: string): number {
  return text.length - (text.match(/[\uDC00-\uDFFF]/g)?.length ?? 0)
}
