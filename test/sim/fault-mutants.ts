/** Bugs to plant that only a fault of the world can bring to light: old copies, damage, failed disks, drifting clocks. */
import type { Mutant } from './mutant-list.js'

export const FAULT_MUTANTS: readonly Mutant[] = [
  {
    name: 'old-copy-votes',
    needs: ['oldCopy'],
    bug: 'a database that was restored from an old copy keeps its vote',
    file: 'zab/registry-log.js',
    edits: [
      ['return !isOldCopy(row, incarnation);', 'return true;'],
      [
        'if (!isOldCopy(row, incarnation))\n            return undefined;',
        'if (row !== undefined)\n            return undefined;',
      ],
    ],
  },
  {
    name: 'damage-votes',
    needs: ['rot'],
    bug: 'a database whose damaged log was given up keeps its name and its vote',
    file: 'testing/disk.js',
    edits: [
      ["this.meta = emptyMeta(rot === 'meta' ? '' : this.meta.clusterId, this.#random);", ''],
      ['        this.incarnation = 0;\n        this.base = 0;', '        this.base = 0;'],
    ],
  },
  {
    name: 'ack-despite-failure',
    bug: 'what a failed fsync may not have written is acknowledged',
    file: 'testing/write-queue.js',
    edits: [
      [
        'if (trouble === undefined)\n            return this.#events.persisted(oldest.ticket);',
        'this.#events.persisted(oldest.ticket);\n        if (trouble === undefined)\n            return;',
      ],
    ],
  },
  {
    name: 'nobody-is-missing',
    needs: ['loseMajority'],
    bug: 'who waits for a majority that has lost its data does not say so',
    file: 'zab/looking.js',
    edits: [
      [
        '...voteless.map((id) => `replica ${id} (its data is lost: it has no vote until a leader refills it)`),',
        '',
      ],
    ],
  },
]
