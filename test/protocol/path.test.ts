import test from 'ava'
import { PATH_BYTES_MAX } from '../../lib/base/limits.js'
import {
  joinPath,
  nameOf,
  parentOf,
  validatePath,
  validateSequentialPath,
} from '../../lib/protocol/path.js'

const VALID = [
  '/',
  '/a',
  '/a/b',
  '/.a',
  '/a.',
  '/...',
  '/a/..b',
  '/ ',
  '/é/ß',
  '/日本',
  '/~',
  '/\u00a0',
]
const INVALID = [
  '',
  'a',
  'a/b',
  '//',
  '//a',
  '/a//b',
  '/a/',
  '/.',
  '/..',
  '/a/.',
  '/a/..',
  '/a/./b',
  '/../a',
]
const FORBIDDEN = [
  '\0',
  '\x01',
  '\x1f',
  '\x7f',
  '\x9f',
  '\ud800',
  '\u{1f600}',
  '\uf8ff',
  '\ufff0',
  '\uffff',
]

test('paths of the grammar are valid', (t) => {
  for (const path of VALID) t.is(validatePath(path), undefined, JSON.stringify(path))
})

test('paths outside of the grammar are refused with a reason', (t) => {
  for (const path of INVALID) t.is(typeof validatePath(path), 'string', JSON.stringify(path))
})

test('a path with a forbidden character is refused, and the reason names it', (t) => {
  for (const character of FORBIDDEN) {
    t.regex(validatePath(`/a${character}b`) ?? '', /character U\+[0-9A-F]{4}/)
  }
})

test('the characters next to the forbidden ranges are valid', (t) => {
  for (const character of ['\x20', '\x7e', '\xa0', '\ud7ff', '\uf900', '\uffef']) {
    t.is(validatePath(`/${character}`), undefined, JSON.stringify(character))
  }
})

test('the length of a path is bounded in bytes of UTF-8', (t) => {
  t.is(validatePath(`/${'a'.repeat(PATH_BYTES_MAX - 1)}`), undefined)
  t.regex(validatePath(`/${'a'.repeat(PATH_BYTES_MAX)}`) ?? '', /longer/)
  t.is(validatePath(`/é${'a'.repeat(PATH_BYTES_MAX - 3)}`), undefined)
  t.regex(validatePath(`/é${'a'.repeat(PATH_BYTES_MAX - 2)}`) ?? '', /longer/)
  t.is(validatePath(`/日${'a'.repeat(PATH_BYTES_MAX - 4)}`), undefined)
  t.regex(validatePath(`/日${'a'.repeat(PATH_BYTES_MAX - 3)}`) ?? '', /longer/)
})

test('a sequential path may end with a slash, since a number follows', (t) => {
  for (const path of ['/', '/a/', '/a/b-', '/a/.', '/a/..']) {
    t.is(validateSequentialPath(path), undefined, path)
  }
  for (const path of ['', 'a', '//', '/a//', '/./a', '/a/\0']) {
    t.is(typeof validateSequentialPath(path), 'string', path)
  }
})

test('the bound of a sequential path leaves room for its number', (t) => {
  t.is(validateSequentialPath(`/${'a'.repeat(PATH_BYTES_MAX - 11)}`), undefined)
  t.regex(validateSequentialPath(`/${'a'.repeat(PATH_BYTES_MAX - 10)}`) ?? '', /longer/)
})

test('a path is the join of its parent and its name', (t) => {
  t.deepEqual(['/a/b', '/a', '/', '/a/'].map(parentOf), ['/a', '/', '/', '/a'])
  t.deepEqual(['/a/b', '/a', '/'].map(nameOf), ['b', 'a', ''])
  for (const path of ['/a', '/a/b', '/a/b/c']) t.is(joinPath(parentOf(path), nameOf(path)), path)
})
