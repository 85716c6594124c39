/**
 * Random scripts: few paths, so that clients meet; right and wrong arguments of all kinds. The same seed gives the same
 * script. What is left out on purpose, because it would differ for a known reason, is listed in divergences.ts.
 */
import { Random } from '../../lib/base/random.js'
import type { AclEntry, Ask, CreateAsk, WatchLists } from './ask.js'
import type { Client, Step } from './script.js'

const CLIENTS = 5
/** Clients from here on set persistent watches, the last one recursive ones, the others one-shot ones. */
const FIRST_PERSISTENT = 3

/** @param operations How many requests the script makes at least. */
export function generate(seed: number, operations: number): Step[] {
  return new Generator(new Random(seed)).script(operations)
}

class Generator {
  readonly #random: Random
  readonly #steps: Step[] = []
  readonly #dropped = new Map<Client, number>()
  #operations = 0

  constructor(random: Random) {
    this.#random = random
  }

  script(operations: number): Step[] {
    for (let client = 0; client < CLIENTS; client++) this.#steps.push({ kind: 'open', client })
    while (this.#operations < operations) this.#add()
    for (let client = 0; client < CLIENTS; client++) this.#comeBack(client)
    this.#steps.push({ kind: 'dump' })
    return this.#steps
  }

  #add(): void {
    const random = this.#random
    const client = random.chance(0.12) ? 0 : random.range(1, CLIENTS - 1)
    this.#comeBackInTime()
    const die = random.integer(1000)
    if (die < 730) this.#send(client, 1)
    else if (die < 830) this.#send(client, random.range(2, 8))
    else if (die < 880) this.#child(client)
    else if (die < 890) this.#steps.push({ kind: 'clear', client: 0, path: random.pick(CLEARED) })
    else if (die < 930) this.#authenticate(client)
    else if (client === 0) this.#send(client, 1)
    else if (die < 955) this.#restart(client)
    else if (die < 985) this.#drop(client)
    else this.#attach(client)
  }

  #send(client: Client, count: number): void {
    const asks = Array.from({ length: count }, () => this.#ask(client))
    this.#steps.push({ kind: 'send', client, asks })
    this.#operations += count
  }

  #child(client: Client): void {
    const random = this.#random
    const ask = random.pick<() => Ask>([
      () => ({ op: 'delete', version: this.#version() }),
      () => ({ op: 'delete', version: -1 }),
      () => ({ op: 'setData', data: this.#data(), version: this.#version() }),
      () => ({ op: 'getData', watch: this.#isOneShot(client) }),
      () => ({ op: 'exists', watch: this.#isOneShot(client) }),
      () => ({ op: 'getAcl' }),
      () => ({ op: 'setAcl', acl: this.#acl(), version: -1 }),
    ])()
    this.#steps.push({
      kind: 'child',
      client,
      parent: random.pick(['/', '/a', '/b', '/a/b', '/c']),
      nth: random.integer(1000),
      ask,
    })
    this.#operations += 1
  }

  #authenticate(client: Client): void {
    this.#comeBack(client)
    const [scheme, auth] = this.#random.pick(client === 0 ? GOOD_AUTHS : AUTHS)
    this.#steps.push({ kind: 'send', client, asks: [{ op: 'auth', scheme, auth }] })
    this.#steps.push({ kind: 'open', client })
    this.#operations += 1
  }

  /** Of one kind per client: see divergence watch-mode-mixing. */
  #isOneShot(client: Client): boolean {
    return client < FIRST_PERSISTENT && this.#random.chance(0.8)
  }

  #restart(client: Client): void {
    this.#comeBack(client)
    this.#steps.push({ kind: 'close', client }, { kind: 'open', client })
    this.#operations += 1
  }

  #drop(client: Client): void {
    this.#comeBack(client)
    this.#steps.push({ kind: 'drop', client })
    this.#dropped.set(client, this.#random.range(1, 12))
  }

  #attach(client: Client): void {
    this.#comeBack(client)
    this.#steps.push({ kind: 'attach', client, ...this.#watches(client) })
    this.#operations += 1
  }

  #comeBackInTime(): void {
    for (const [client, left] of this.#dropped) {
      if (left > 0) this.#dropped.set(client, left - 1)
      else this.#comeBack(client)
    }
  }

  #comeBack(client: Client): void {
    if (!this.#dropped.delete(client)) return
    if (this.#random.chance(0.2)) this.#steps.push({ kind: 'attach', client, wrong: true })
    this.#steps.push({ kind: 'attach', client, ...this.#watches(client) })
    this.#operations += 1
  }

  #watches(client: Client): Pick<Extract<Step, { readonly kind: 'attach' }>, 'watches'> {
    const random = this.#random
    if (random.chance(0.3)) return {}
    const paths = (isHis: boolean): string[] =>
      Array.from({ length: isHis ? random.integer(3) : 0 }, () => this.#path())
    const lists: WatchLists = {
      data: paths(client < FIRST_PERSISTENT),
      exist: paths(client < FIRST_PERSISTENT),
      child: paths(client < FIRST_PERSISTENT),
      persistent: paths(client === FIRST_PERSISTENT),
      recursive: paths(client > FIRST_PERSISTENT),
    }
    const seen = random.chance(0.8) ? 'all' : 'nothing'
    return { watches: { ...lists, seen, two: random.chance(0.6) } }
  }

  #ask(client: Client): Ask {
    const random = this.#random
    const die = random.integer(100)
    if (die < 42) return this.#write()
    if (die < 52) return this.#multi()
    if (die < 54) return this.#multiRead()
    if (die < 74) return this.#read(client)
    if (die < 90) return this.#watch(client)
    const path = this.#path()
    if (die < 92) return { op: 'sync', path }
    if (die < 94) return { op: 'getEphemerals', path: random.chance(0.5) ? '/' : path }
    if (die < 96) return { op: 'getAllChildrenNumber', path }
    if (die < 98) return { op: 'whoAmI' }
    return { op: 'ping' }
  }

  #write(): Ask {
    const die = this.#random.integer(46)
    if (die < 22) return this.#create(true)
    if (die < 29) return { op: 'delete', path: this.#path(), version: this.#version() }
    if (die < 41) {
      return { op: 'setData', path: this.#path(), data: this.#data(), version: this.#version() }
    }
    return { op: 'setAcl', path: this.#path(), acl: this.#acl(), version: this.#version() }
  }

  #create(mayMismatch: boolean): CreateAsk {
    const random = this.#random
    const die = random.integer(100)
    const shallow = random.chance(0.3) ? random.pick(['/a', '/b', '/c', '/a/b']) : this.#path()
    const path = random.chance(0.03)
      ? random.pick(['', '/\u{1f600}'])
      : random.chance(0.12)
        ? `${this.#path()}/`
        : shallow
    const body = { path, data: this.#data(), acl: this.#acl() }
    // Containers get no children here: when they are empty again, it is the cleaner's to say how long they stay.
    if (die < 8) return { op: 'createContainer', ...body, path: random.pick(CONTAINERS), flags: 4 }
    if (die < 20) {
      const ttl = random.pick([600_000, 10 ** 9, 2 ** 40 - 1, 2 ** 40, 0, -1])
      // See divergence opcode-and-flags: −1 with flags that need none ends a ZooKeeper 3.8.
      const flags = mayMismatch && random.chance(0.1) && ttl !== -1 ? 0 : random.pick([5, 6])
      return { op: 'createTtl', ...body, flags, ttl }
    }
    const flags =
      mayMismatch && random.chance(0.05) ? random.pick([5, 6, 7, -1, 99]) : random.pick(FLAGS)
    return { op: random.pick(['create', 'create2']), ...body, flags }
  }

  #multi(): Ask {
    const length = this.#random.chance(0.05) ? 0 : this.#random.range(1, 5)
    const asks = Array.from({ length }, (): Ask => {
      const die = this.#random.integer(10)
      // Sequential ones mostly succeed, so that a multi fails at each of its places now and then, or not at all.
      if (die < 3) return this.#likely()
      if (die < 5) return this.#create(false)
      const version = this.#random.chance(0.8) ? -1 : this.#version()
      if (die < 6) return { op: 'delete', path: this.#path(), version }
      if (die < 8) return { op: 'setData', path: this.#path(), data: this.#data(), version }
      return { op: 'check', path: this.#path(), version }
    })
    return { op: 'multi', asks }
  }

  #likely(): Ask {
    const path = this.#random.pick(['/a', '/s', '/b', '/a/b'])
    if (this.#random.chance(0.2)) return { op: 'setData', path: '/', data: 'x', version: -1 }
    const flags = this.#random.pick([2, 2, 3])
    return { op: this.#random.pick(['create', 'create2']), path, data: 'x', acl: OPEN, flags }
  }

  #multiRead(): Ask {
    const asks = Array.from({ length: this.#random.integer(4) }, (): Ask => {
      const op = this.#random.pick(['getData', 'getChildren'] as const)
      return { op, path: this.#path(), watch: false }
    })
    return { op: 'multiRead', asks }
  }

  #read(client: Client): Ask {
    const op = this.#random.pick([
      'exists',
      'getData',
      'getChildren',
      'getChildren2',
      'getAcl',
    ] as const)
    const path = this.#path()
    return op === 'getAcl' ? { op, path } : { op, path, watch: this.#isOneShot(client) }
  }

  #watch(client: Client): Ask {
    const random = this.#random
    const path = this.#path()
    if (client < FIRST_PERSISTENT) {
      if (random.chance(0.8)) return this.#read(client)
      return { op: 'removeWatches', path, type: random.range(1, 3) }
    }
    if (random.chance(0.75)) return { op: 'addWatch', path, mode: client === CLIENTS - 1 ? 1 : 0 }
    return { op: 'removeWatches', path, type: 3 }
  }

  #path(): string {
    const die = this.#random.integer(100)
    if (die < 88) return this.#random.pick(PATHS)
    return this.#random.pick(die < 95 ? RARE_PATHS : BAD_PATHS)
  }

  #data(): string | undefined {
    return this.#random.pick([undefined, '', 'x', 'y', 'hello', LONG_DATA])
  }

  #version(): number {
    return this.#random.pick([-1, -1, -1, -1, 0, 0, 1, 1, 2, 3, 7, -2])
  }

  #acl(): readonly AclEntry[] | undefined {
    const random = this.#random
    if (random.chance(0.6)) return OPEN
    if (random.chance(0.1)) return random.pick(BAD_ACLS)
    return Array.from({ length: random.range(1, 3) }, () => random.pick(ENTRIES))
  }
}

const LONG_DATA = 'long '.repeat(60)
const FLAGS = [0, 0, 0, 1, 2, 3]
const PATHS =
  '/a /b /c /a/a /a/b /b/a /b/b /a/b/c /a/a/a /c/d /a /a /b /b /a/b /a/s0000000000 /c/0000000001 /ab /k'.split(
    ' ',
  )
const RARE_PATHS = ['/', '/', '/zookeeper', '/zookeeper/quota', '/zookeeper/config', '/é', '/a b']
const BAD_PATHS = [
  'a',
  'a/b',
  '/a/',
  '//',
  '//a',
  '/a//b',
  '/a/.',
  '/a/..',
  '/a/./b',
  '/../a',
  '/x/y/z',
  '/a\u0000b',
  '/a\u0001',
  '/a\u007f',
  '/\ufff0',
  '/a/\u0000',
  '/zookeeper/',
]
const CONTAINERS = ['/k', '/a/k', '/b/k', '/none/k', '/k/', 'k', '/zookeeper']
const CLEARED = ['/', '/a', '/a', '/b', '/c', '/a/b', '/a/b']

const OPEN: readonly AclEntry[] = [[31, 'world', 'anyone']]
const ALICE = 'alice:AIueg8ag5ALfqeEyKdLnva1Wvi0='
const BOB = 'bob:LcrmCNs/wfVD+i5a5yaz89GyjIM='
const ENTRIES: readonly AclEntry[] = [
  [31, 'world', 'anyone'],
  [31, 'world', 'anyone'],
  [1, 'world', 'anyone'],
  [30, 'world', 'anyone'],
  [29, 'world', 'anyone'],
  [15, 'world', 'anyone'],
  [0, 'world', 'anyone'],
  [31, 'digest', ALICE],
  [31, 'digest', BOB],
  [15, 'digest', BOB],
  [31, 'auth', ''],
  [5, 'auth', 'ignored'],
  [31, 'ip', '127.0.0.1'],
  [31, 'ip', '127.0.0.0/8'],
  [31, 'ip', '10.1.2.3'],
]
const BAD_ACLS: readonly (readonly AclEntry[] | undefined)[] = [
  undefined,
  [],
  [[31, 'world', 'nobody']],
  [[31, 'nonsense', 'x']],
  [[31, 'digest', 'alice']],
  [[31, 'digest', 'a:b:c']],
  [[31, 'ip', 'x']],
  [[31, 'ip', '127.0.0.1/99']],
  [[31, 'super', '']],
  [
    [31, 'world', 'anyone'],
    [31, 'nonsense', 'x'],
  ],
]
const GOOD_AUTHS: readonly (readonly [string, string])[] = [
  ['digest', 'alice:a'],
  ['digest', 'bob:b'],
]
const AUTHS: readonly (readonly [string, string])[] = [
  ...GOOD_AUTHS,
  ...GOOD_AUTHS,
  ...GOOD_AUTHS,
  ['digest', 'alice:wrong'],
  ['ip', '1.2.3.4'],
  ['digest', 'nobody'],
  ['nonsense', 'x'],
]
