/** Bugs to plant in the recipes of data and of meeting, beside those of planted-list.ts. */
import type { PlantedBug } from './planted-list.js'

export const DATA_PLANTED: readonly PlantedBug[] = [
  {
    name: 'children-not-counted',
    recipe: 'cache',
    bug: 'a cache whose znodes are as they were known takes itself for complete',
    file: 'cache.js',
    edits: [['if (stat.numChildren !== (this.#children.get(path) ?? 0))', 'if (false)']],
  },
  {
    name: 'get-what-was-told',
    recipe: 'cache',
    bug: 'a cache shows what it was told of last',
    file: 'cache.js',
    edits: [['if (this.#isLive && this.#covers(path))', 'if (false)']],
  },
  {
    name: 'leaving-untold',
    recipe: 'group-membership',
    bug: 'nobody is told of members that leave',
    file: 'group-membership.js',
    edits: [["this.#listeners.emit('leave', was)", 'void was']],
  },
  {
    name: 'members-as-told',
    recipe: 'group-membership',
    bug: 'a member whose entry has no data yet is none',
    file: 'group-membership.js',
    edits: [['stat.ephemeralOwner === 0 ||', 'stat.version === 0 ||']],
  },
  {
    name: 'one-by-one',
    recipe: 'config-set',
    bug: 'a change is written value by value',
    file: 'config-set.js',
    edits: [
      [
        'await session.multi(ops, { signal });',
        'for (const one of ops)\n await session.multi([one], { signal });',
      ],
    ],
  },
  {
    name: 'not-ready',
    recipe: 'config-ready',
    bug: 'what is not ready is shown',
    file: 'config-set.js',
    edits: [['if (this.#hasReady && !this.#isThere(this.#at(READY)))', 'if (false)']],
  },
  {
    name: 'ready-unseen',
    recipe: 'config-ready',
    bug: 'who does not see that it is ready does not make sure of it',
    file: 'config-set.js',
    edits: [
      [
        '...(isThere ? [] : [op.create(ready)]),\n            op.delete(ready),',
        '...(isThere ? [op.delete(ready)] : []),',
      ],
    ],
  },
  {
    name: 'blind-update',
    recipe: 'config',
    bug: 'an update replaces whatever is there by now',
    file: 'config.js',
    edits: [
      [
        'await this.#session.setData(this.path, data, version, { signal });\n                return next;',
        'await this.#session.setData(this.path, data, -1, { signal });\n                return next;',
      ],
    ],
  },
  {
    name: 'offer-over-offer',
    recipe: 'rendezvous',
    bug: 'an offer replaces another',
    file: 'rendezvous.js',
    edits: [['if (there === null || there.dataLength > 0)', 'if (there === null)']],
  },
  {
    name: 'old-state-passes',
    recipe: 'barrier',
    bug: 'who waits looks at what this process has heard so far',
    file: 'barrier.js',
    edits: [['await this.#session.sync(this.path, options);', '']],
  },
  {
    name: 'one-missing',
    recipe: 'double-barrier',
    bug: 'one less than the number is enough',
    file: 'double-barrier.js',
    edits: [
      ['numChildren ?? 0) < this.size', 'numChildren ?? 0) < this.size - 1'],
      ['if (waiting.length < this.size)', 'if (waiting.length < this.size - 1)'],
    ],
  },
  {
    name: 'out-at-once',
    recipe: 'double-barrier',
    bug: 'who leaves waits for nobody',
    file: 'double-barrier.js',
    edits: [['if (there.every((name) => name === own.name))', 'if (there.length >= 0)']],
  },
  {
    name: 'next-round-early',
    recipe: 'double-barrier',
    bug: 'a round begins while the one before is inside',
    file: 'double-barrier.js',
    edits: [['if (round.members.some((name) => this.#isThere(name)))', 'if (false)']],
  },
  {
    name: 'blind-count',
    recipe: 'counter',
    bug: 'a sum replaces whatever is there by now',
    file: 'counter.js',
    edits: [['String(value), version, { signal }', 'String(value), -1, { signal }']],
  },
  {
    name: 'given-before-deleted',
    recipe: 'queue-at-most-once',
    bug: 'an item is given before it is known that it is deleted',
    file: 'queue.js',
    edits: [['(await this.#delete(item))', '(this.#delete(item).catch(() => undefined), true)']],
  },
  {
    name: 'take-aborted',
    recipe: 'queue-at-most-once',
    bug: 'a deletion is told of the signal, and what it took is lost',
    file: 'queue.js',
    edits: [
      [
        'if (data !== undefined && (await this.#delete(item)))\n                    return data;',
        'if (data !== undefined && (await this.#delete(item))) {\n options?.signal?.throwIfAborted();\n return data; }',
      ],
    ],
  },
  {
    name: 'lock-outlives',
    recipe: 'queue-at-least-once',
    bug: 'the lock of an item does not go with its session',
    file: 'queue.js',
    edits: [["op.create(lock, '', { ephemeral: true })", "op.create(lock, '')"]],
  },
  {
    name: 'item-before-lock',
    recipe: 'queue-at-least-once',
    bug: 'an item that is done is removed without its lock',
    file: 'queue-item.js',
    edits: [
      ['session.multi([op.delete(item), op.delete(lock)])', 'session.multi([op.delete(item)])'],
    ],
  },
  {
    name: 'requeue-loses',
    recipe: 'queue-at-least-once',
    bug: 'an item that goes to the end does not come there',
    file: 'queue-item.js',
    edits: [['op.delete(lock), anew]', 'op.delete(lock)]']],
  },
  {
    name: 'closed-and-alive',
    recipe: 'persistent-ephemeral',
    bug: 'what is closed does not end its session',
    file: 'persistent-ephemeral.js',
    edits: [
      [
        'await this.#session?.close();\n        await this.#running;',
        'await this.#running.catch(() => undefined);',
      ],
      [
        "this.#listeners.emit('failed', error);\n            await this.#session?.close();",
        "this.#listeners.emit('failed', error);",
      ],
    ],
  },
  {
    name: 'deletion-unnoticed',
    recipe: 'persistent-ephemeral',
    bug: 'a znode that somebody deletes is not created again',
    file: 'persistent-ephemeral.js',
    edits: [['() => !this.#isThere(session) || undefined', '() => undefined']],
  },
  {
    name: 'expiry-ends-it',
    recipe: 'persistent-ephemeral',
    bug: 'no session follows one that expired',
    file: 'persistent-ephemeral.js',
    edits: [["codeOf(end) !== 'SESSION_EXPIRED'", 'session !== undefined']],
  },
]
