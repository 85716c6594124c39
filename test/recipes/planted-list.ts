/** Bugs to plant in the recipes (planted.ts), as changes of the text that the compiler writes. */
import { DATA_PLANTED } from './planted-data.js'

export interface PlantedBug {
  readonly name: string
  /** Whose property must turn red. */
  readonly recipe: string
  /** What somebody might do wrong. */
  readonly bug: string
  /** Below lib/recipes. */
  readonly file: string
  /** Text that stands there once, and what it becomes. */
  readonly edits: readonly (readonly [from: string, to: string])[]
}

export const PLANTED: readonly PlantedBug[] = [
  {
    name: 'lease-ignored',
    recipe: 'lock',
    bug: 'a lock is held as long as its znode is seen',
    file: 'ownership.js',
    edits: [['this.#session.alive && this.#isThere', 'this.#isThere']],
  },
  {
    name: 'delete-then-let-go',
    recipe: 'lock',
    bug: 'a release deletes the znode, and the handle is held until that is answered',
    file: 'ownership.js',
    edits: [
      [
        'this.surrender();\n        this.#releasing ??= leave(this.#session, this.#path);',
        'this.#releasing ??= leave(this.#session, this.#path).then(() => void this.surrender());',
      ],
    ],
  },
  {
    name: 'sort-by-name',
    recipe: 'lock',
    bug: 'contenders are sorted by their whole names',
    file: 'contenders.js',
    edits: [['left.sequence - right.sequence', '(left.name < right.name ? -1 : 1)']],
  },
  {
    name: 'one-further',
    recipe: 'lock',
    bug: 'a contender waits for the second one before it',
    file: 'lock.js',
    edits: [['Math.max(0, index - 1), index', 'Math.max(0, index - 2), Math.max(0, index - 1)']],
  },
  {
    name: 'token-of-session',
    recipe: 'lock',
    bug: 'the fencing token is the session’s id',
    file: 'ownership.js',
    edits: [['token = czxid', 'token = session.id']],
  },
  {
    name: 'abort-leaves-znode',
    recipe: 'lock',
    bug: 'a wait that is aborted leaves its znode',
    file: 'waiting.js',
    edits: [['leave(session, path).catch(() => undefined)', 'void [session, path]']],
  },
  {
    name: 'create-aborted',
    recipe: 'lock',
    bug: 'what a create makes after it was given up is not deleted',
    file: 'entry.js',
    edits: [['if (!isOpen)', 'if (false)']],
  },
  {
    name: 'abort-leaves-watch',
    recipe: 'lock',
    bug: 'a wait that is aborted leaves its watch',
    file: 'waiting.js',
    edits: [['for (const path of this.#watched)', 'for (const path of [])']],
  },
  {
    name: 'turn-without-lease',
    recipe: 'lock',
    bug: 'one whose turn comes while its lease has lapsed does not look again when it has one',
    file: 'waiting.js',
    edits: [
      [
        'if (!this.#queue.session.alive)\n                return;',
        'if (!this.#queue.session.alive)\n                return this.#stopLife?.();',
      ],
    ],
  },
  {
    name: 'lapse-unheard',
    recipe: 'leader-election',
    bug: 'a leader hears of its session’s states only',
    file: 'life.js',
    edits: [["session.on('lapse', look)", 'void 0']],
  },
  {
    name: 'signal-after-resigning',
    recipe: 'leader-election',
    bug: 'the signal of a leader that resigns is aborted when its znode is gone',
    file: 'leader-election.js',
    edits: [
      [
        'ending.abort(isResigning ? resigned : ownership.whyNotHeld())',
        'setTimeout(() => ending.abort(isResigning ? resigned : ownership.whyNotHeld()), 0)',
      ],
    ],
  },
  {
    name: 'everybody-first',
    recipe: 'leader-election',
    bug: 'who comes in last leads',
    file: 'waiting.js',
    edits: [
      [
        'queue.blockers(contenders, index);',
        'queue.blockers([...contenders].reverse(), contenders.length - 1 - index);',
      ],
    ],
  },
  {
    name: 'readers-look-back-one',
    recipe: 'read-write-lock',
    bug: 'a reader waits only for a writer right before it',
    file: 'read-write-lock.js',
    edits: [['.slice(0, index)', '.slice(Math.max(0, index - 1), index)']],
  },
  {
    name: 'writers-pass-readers',
    recipe: 'read-write-lock',
    bug: 'a writer waits for writers only',
    file: 'read-write-lock.js',
    edits: [['label: WRITE, blockers: predecessor', 'label: WRITE, blockers: nearestWriter']],
  },
  {
    name: 'downgrade-at-the-end',
    recipe: 'read-write-lock',
    bug: 'a writer that becomes a reader goes to the end of the queue, and reads at once',
    file: 'read-write-lock.js',
    edits: [
      ['{ ephemeral: true }', '{ ephemeral: true, sequential: true }'],
      ['path: reader, czxid', 'path: created.path, czxid'],
    ],
  },
  {
    name: 'adopt-unseen',
    recipe: 'read-write-lock',
    bug: 'nobody looks whether what a downgrade gave is still there',
    file: 'lock-base.js',
    edits: [['ownership.look();', '']],
  },
  {
    name: 'one-permit-more',
    recipe: 'semaphore',
    bug: 'one more than the permits may have one',
    file: 'semaphore.js',
    edits: [['index < permits', 'index <= permits']],
  },
  {
    name: 'permit-once',
    recipe: 'semaphore',
    bug: 'who waits for a permit looks only once',
    file: 'waiting.js',
    edits: [
      ['existsSync(path, { watch: this.#look })', 'existsSync(path, { watch: () => undefined })'],
    ],
  },
  {
    name: 'simple-abort-leaves-znode',
    recipe: 'simple-lock',
    bug: 'what a create makes after it was given up is not deleted',
    file: 'simple-lock.js',
    edits: [['if (signal.aborted && made !== undefined)', 'if (false)']],
  },
  {
    name: 'simple-watch-left',
    recipe: 'simple-lock',
    bug: 'a wait that ends leaves its watch',
    file: 'simple-lock.js',
    edits: [["session.removeWatches(path, look, { type: 'data' }).catch(() => undefined);", '']],
  },
  {
    name: 'job-not-told',
    recipe: 'singleton',
    bug: 'the job is told of the caller’s signal only',
    file: 'singleton.js',
    edits: [['[leadership.signal, signal]', '[signal]']],
  },
  ...DATA_PLANTED,
]
