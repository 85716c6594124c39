/**
 * What lies between two members: links, each FIFO in both directions. One that is broken still gives each end a prefix
 * of what is on its way, until that end hears of its end; the next one may be up before that, where that is allowed.
 */
import type { Member } from '../../lib/protocol/member.js'
import type { Carried } from './machine.js'
import { Table } from './table.js'

export type Item =
  | { readonly kind: 'up'; readonly member: Member }
  | { readonly kind: 'message'; readonly message: Carried }

/** 0 is the member with the smaller id. */
export type End = 0 | 1

export interface Link {
  /** Tells links of one pair apart, which exist at the same time; a newer one has a larger number. */
  readonly generation: number
  readonly broken: boolean
  /** That end knows of its end, or is dead. */
  readonly gone: readonly [boolean, boolean]
  /** Items on their way to each end, oldest first. */
  readonly way: readonly [readonly number[], readonly number[]]
}

export type Pair = readonly Link[]

export const NO_LINK: Pair = []

/** The members of each pair, by its number. */
export const ENDS: readonly (readonly [number, number])[] = [
  [0, 1],
  [0, 2],
  [1, 2],
]

export class Pairs {
  readonly #table = new Table<Pair>()
  readonly items: Table<Item> = new Table()

  get size(): number {
    return this.#table.size
  }

  at(pair: number): Pair {
    return this.#table.at(pair)
  }

  put(pair: Pair): number {
    let key = ''
    for (const { generation, broken, gone, way } of pair) {
      key += `${generation}${broken ? 'x' : '-'}${gone[0] ? 1 : 0}${gone[1] ? 1 : 0}`
      key += `${way[0].join()}>${way[1].join()};`
    }
    return this.#table.put(key, () => pair)
  }

  item(item: Item): number {
    return this.items.putData(item)
  }
}

export function otherEnd(end: End): End {
  return end === 0 ? 1 : 0
}

function both<T>(end: End, mine: T, other: T): readonly [T, T] {
  return end === 0 ? [mine, other] : [other, mine]
}

export function connect(pair: Pair, members: readonly [number, number]): Pair {
  const generation = 1 + Math.max(0, ...pair.map((link) => link.generation))
  // To each end comes first who the other one is.
  const way = [[members[1]], [members[0]]] as const
  return [...pair, { generation, broken: false, gone: [false, false], way }]
}

export function findLink(pair: Pair, generation: number): Link | undefined {
  return pair.find((link) => link.generation === generation)
}

export function linkOf(links: Pair, generation: number): Link {
  const link = findLink(links, generation)
  if (link === undefined) throw new Error('no such link')
  return link
}

function replace(pair: Pair, link: Link, change: Partial<Link>): Pair {
  return pair
    .map((each) => (each.generation === link.generation ? { ...each, ...change } : each))
    .filter(({ gone }) => !gone[0] || !gone[1])
}

/** What is sent into a broken link is lost. */
export function send(pair: Pair, generation: number, to: End, item: number): Pair {
  const link = findLink(pair, generation)
  if (link === undefined || link.broken) return pair
  const way = both(to, [...link.way[to], item], link.way[otherEnd(to)])
  return replace(pair, link, { way })
}

/** The oldest item has arrived at that end. */
export function arrive(pair: Pair, link: Link, end: End): Pair {
  return replace(pair, link, { way: both(end, link.way[end].slice(1), link.way[otherEnd(end)]) })
}

export function breakLink(pair: Pair, link: Link): Pair {
  return replace(pair, link, { broken: true })
}

/** That end closes it: nothing arrives there any more, and what it has sent may. */
export function close(pair: Pair, generation: number, end: End): Pair {
  const link = findLink(pair, generation)
  if (link === undefined || link.gone[end]) return pair
  // Before it is told of its own closing it hears nothing else.
  return replace(pair, link, { broken: true, way: both(end, [], link.way[otherEnd(end)]) })
}

/** That end has heard that the link is over: the rest is lost. */
export function forget(pair: Pair, link: Link, end: End): Pair {
  return replace(pair, link, {
    gone: both(end, true, link.gone[otherEnd(end)]),
    way: both(end, [], link.way[otherEnd(end)]),
  })
}

/** The member at that end is dead. */
export function die(pair: Pair, end: End): Pair {
  let rest = pair
  for (const { generation } of pair) {
    const link = findLink(rest, generation)
    if (link !== undefined) rest = forget(breakLink(rest, link), link, end)
  }
  return rest
}

/** A link's number grows with its generation and tells whom it leads to. */
export function linkNumber(generation: number, other: number): number {
  return generation * 4 + other
}

export function linkFrom(number: number): [generation: number, other: number] {
  return [Math.floor(number / 4), number % 4]
}

export function pairOf(member: number, other: number): [pair: number, end: End] {
  return [member + other - 1, member < other ? 0 : 1]
}

/** The member at that end of a pair, and the one at the other. */
export function memberAt(pair: number, end: End): [member: number, other: number] {
  const [one = 0, other = 0] = ENDS[pair] ?? []
  return end === 0 ? [one, other] : [other, one]
}
