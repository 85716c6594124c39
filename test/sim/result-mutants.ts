/** Bugs to plant that only what a session is told can show: results, stats, child lists and watches. */
import type { Mutant } from './mutant-list.js'

export const RESULT_MUTANTS: readonly Mutant[] = [
  {
    name: 'cversion-of-creations',
    bug: 'a stat’s cversion does not count deleted children',
    file: 'tree/znode.js',
    edits: [['cversion: 2 * this.created - this.numChildren,', 'cversion: this.created,']],
  },
  {
    name: 'owner-not-shown',
    bug: 'a stat does not show the owner of an ephemeral',
    file: 'tree/znode.js',
    edits: [['ephemeralOwner: this.owner,', 'ephemeralOwner: 0,']],
  },
  {
    name: 'children-ever',
    bug: 'a stat’s numChildren counts children that are gone',
    file: 'tree/znode.js',
    edits: [['numChildren: this.numChildren,', 'numChildren: this.created,']],
  },
  {
    name: 'ctime-of-change',
    bug: 'setting the data changes ctime',
    file: 'tree/znode.js',
    edits: [
      [
        'ctime: this.ctime,\n            mtime: this.mtime,\n            version',
        'ctime: this.mtime,\n            mtime: this.mtime,\n            version',
      ],
    ],
  },
  {
    name: 'pzxid-of-creations',
    bug: 'the deletion of a child leaves the parent’s pzxid',
    file: 'tree/apply.js',
    edits: [
      [
        'parent.childrenChanged(parent.created, zxid);',
        'parent.childrenChanged(parent.created, parent.pzxid);',
      ],
    ],
  },
  {
    name: 'empty-before-version',
    bug: 'a delete looks for children before it compares versions',
    file: 'tree/prepare-operation.js',
    edits: [
      [
        "    if (!isVersion(operation.version, znode.version))\n        return 'BAD_VERSION';\n    if (znode.numChildren > 0)\n        return 'NOT_EMPTY';\n    return { kind: 'delete', path };",
        "    if (znode.numChildren > 0)\n        return 'NOT_EMPTY';\n    if (!isVersion(operation.version, znode.version))\n        return 'BAD_VERSION';\n    return { kind: 'delete', path };",
      ],
    ],
  },
  {
    name: 'multi-index-off',
    bug: 'the results of a multi that fails blame the operation before',
    file: 'session/outcome.js',
    edits: [['    if (at < index)\n', '    if (at < index - 1)\n']],
  },
  {
    name: 'youngest-child-left-out',
    bug: 'a list of children leaves the youngest out',
    file: 'session/reads.js',
    edits: [
      ['[...children], stat', '[...children].slice(0, Math.max(1, children.size - 1)), stat'],
    ],
  },
  {
    name: 'exists-watches-what-exists',
    bug: 'an exists that finds nothing leaves no watch',
    file: 'session/read.js',
    edits: [
      [
        'const stat = statOf(scope.core.memory.tree, at, auth, shown);\n    if (options?.watch !== undefined)',
        'const stat = statOf(scope.core.memory.tree, at, auth, shown);\n    if (options?.watch !== undefined && stat !== undefined)',
      ],
    ],
  },
  {
    name: 'child-event-for-data',
    bug: 'setting the data of a child fires the child watches of its parent',
    file: 'tree/watches.js',
    edits: [
      [
        "this.fireData('NodeDataChanged', change.path, zxid, change.acl, firings);\n",
        "this.fireData('NodeDataChanged', change.path, zxid, change.acl, firings);\n                this.fireChildren(change.parent, zxid, change.parentAcl, firings);\n",
      ],
    ],
  },
  {
    name: 'recursion-of-one-level',
    bug: 'a recursive watch hears only of itself and its children',
    file: 'tree/watches.js',
    edits: [
      [
        'if (!this.#recursive.has(ancestor))\n                continue;',
        'if (!this.#recursive.has(ancestor))\n                break;',
      ],
    ],
  },
  {
    name: 'deletion-told-twice',
    bug: 'who watches a znode and its children hears of its deletion twice',
    file: 'tree/watches.js',
    edits: [['if (told?.has(watcher) !== true)', 'if (told !== null)']],
  },
  {
    name: 'child-watch-outlives',
    bug: 'a child watch does not hear of the end of its znode',
    file: 'tree/watches.js',
    edits: [
      [
        'if (!this.#child.has(path))\n            return;\n        const told',
        'if (path.length > 0)\n            return;\n        const told',
      ],
    ],
  },
  {
    name: 'one-shot-removed-only',
    bug: 'removing the watches of a path leaves the persistent ones',
    file: 'session/session-watches.js',
    edits: [["type === 'any' ? KINDS : [type]", "type === 'any' ? ['data', 'child'] : [type]"]],
  },
  {
    name: 'reborn-unnoticed',
    bug: 'after a snapshot a znode that was deleted and created again passes for one that changed',
    file: 'tree/difference.js',
    edits: [[' && old.czxid === now.czxid;', ';']],
  },
]
