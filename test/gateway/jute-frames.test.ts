/** Frames are found wherever the stream is cut, and memory follows what has come. */
import test from 'ava'
import { FRAME_BYTES_MAX_DEFAULT, FrameCutter } from '../../lib/gateway/jute/frames.js'
import { JuteError } from '../../lib/gateway/jute/jute-error.js'

function framed(text: string): Buffer {
  const body = Buffer.from(text, 'latin1')
  const length = Buffer.alloc(4)
  length.writeInt32BE(body.length)
  return Buffer.concat([length, body])
}

function pull(cutter: FrameCutter): string[] {
  const frames: string[] = []
  for (;;) {
    const frame = cutter.next()
    if (frame === undefined) return frames
    frames.push(Buffer.from(frame).toString('latin1'))
  }
}

const TEXTS = ['a', 'bcd', 'x'.repeat(300), '', '\xff\x00\x0a', 'end']
const STREAM = Buffer.concat(TEXTS.map(framed))

test('frames are found wherever the stream is cut', (t) => {
  for (let cut = 0; cut <= STREAM.length; cut++) {
    const cutter = new FrameCutter(1000)
    cutter.push(STREAM.subarray(0, cut))
    const first = pull(cutter)
    cutter.push(STREAM.subarray(cut))
    t.deepEqual([...first, ...pull(cutter)], TEXTS)
    t.false(cutter.isInsideFrame)
  }
})

test('frames are found byte by byte, and when they are not pulled until all has come', (t) => {
  for (const pulls of [true, false]) {
    const cutter = new FrameCutter(1000)
    const frames: string[] = []
    for (const byte of STREAM) {
      cutter.push(Uint8Array.of(byte))
      if (pulls) frames.push(...pull(cutter))
    }
    frames.push(...pull(cutter))
    t.deepEqual(frames, TEXTS)
  }
})

test('a frame that came in one chunk is a view of it', (t) => {
  const chunk = Buffer.concat([framed('one'), framed('two')])
  const cutter = new FrameCutter()
  cutter.push(chunk)
  const [one, two] = [cutter.next()!, cutter.next()!]
  t.is(one.buffer, chunk.buffer)
  t.is(two.buffer, chunk.buffer)
  t.is(cutter.next(), undefined)
})

test('a length outside its bounds is refused before its bytes come', (t) => {
  for (const [length, code] of [
    [-1, 'BAD_LENGTH'],
    [-(2 ** 31), 'BAD_LENGTH'],
    [1001, 'FRAME_TOO_LARGE'],
    [2 ** 31 - 1, 'FRAME_TOO_LARGE'],
  ] as const) {
    const header = Buffer.alloc(4)
    header.writeInt32BE(length)
    const cutter = new FrameCutter(1000)
    cutter.push(header)
    const error = t.throws(() => cutter.next(), { instanceOf: JuteError })
    t.is(error.code, code)
  }
  const cutter = new FrameCutter(1000)
  cutter.push(framed('x'.repeat(1000)))
  t.is(cutter.next()?.length, 1000)
})

test('the bound is that of ZooKeeper, and may be changed between two frames of one chunk', (t) => {
  t.is(new FrameCutter().frameBytesMax, 1_048_575)
  const cutter = new FrameCutter(2)
  cutter.push(Buffer.concat([framed('ab'), framed('abcd')]))
  t.is(cutter.next()?.length, 2)
  cutter.frameBytesMax = 4
  t.is(cutter.next()?.length, 4)
})

test('what a length announces is not allocated until it comes', (t) => {
  const header = Buffer.alloc(4)
  header.writeInt32BE(FRAME_BYTES_MAX_DEFAULT)
  const before = process.memoryUsage().arrayBuffers
  const cutters = Array.from({ length: 1000 }, () => {
    const cutter = new FrameCutter()
    cutter.push(Buffer.concat([header, Buffer.alloc(10)]))
    t.is(cutter.next(), undefined)
    return cutter
  })
  const grown = process.memoryUsage().arrayBuffers - before
  t.true(grown < 50_000_000, `${grown} bytes for ${cutters.length} beginnings`)
})

test('a large frame in many pieces is put together as it was', (t) => {
  const text = Array.from({ length: 100_000 }, (_, index) => String(index)).join(' ')
  const stream = framed(text)
  const cutter = new FrameCutter()
  let frame: Uint8Array | undefined
  for (let at = 0; at < stream.length; at += 1460) {
    t.is(frame, undefined)
    cutter.push(stream.subarray(at, at + 1460))
    frame = cutter.next()
  }
  t.is(Buffer.from(frame!).toString('latin1'), text)
})

test('a stream that begins with four lower-case letters is a word, wherever it is cut', (t) => {
  for (let cut = 0; cut <= 4; cut++) {
    const cutter = new FrameCutter()
    cutter.push(Buffer.from('ruok\n').subarray(0, cut))
    if (cut < 4) t.is(cutter.word(), undefined)
    cutter.push(Buffer.from('ruok\n').subarray(cut))
    t.is(cutter.word(), 'ruok')
  }
})

test('a stream that begins with a frame is none, nor are letters that come later', (t) => {
  const cutter = new FrameCutter()
  cutter.push(framed('ruok'))
  t.is(cutter.word(), undefined)
  t.is(Buffer.from(cutter.next()!).toString(), 'ruok')
  cutter.push(Buffer.from('ruok'))
  t.is(cutter.word(), undefined)
  t.throws(() => cutter.next(), { instanceOf: JuteError })
})
