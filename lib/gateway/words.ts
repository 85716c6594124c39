/** The four-letter words that a client may say instead of a connect request. What they answer is four-letter.ts's. */

export const WORDS = [
  'conf',
  'cons',
  'crst',
  'dirs',
  'dump',
  'envi',
  'hash',
  'isro',
  'mntr',
  'ruok',
  'srst',
  'srvr',
  'stat',
  'wchc',
  'wchp',
  'wchs',
] as const

export type Word = (typeof WORDS)[number]

/** ZooKeeper knows these as well; here they are never in the whitelist. */
const REFUSED: ReadonlySet<string> = new Set(['gtmk', 'stmk'])

export function isWord(text: string): text is Word {
  return (WORDS as readonly string[]).includes(text)
}

/** As a frame's length all of these would be far beyond any bound. */
export function isKnownWord(text: string): boolean {
  return isWord(text) || REFUSED.has(text)
}
