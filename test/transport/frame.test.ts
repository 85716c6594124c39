import test from 'ava'
import { FrameError, FrameReader } from '../../lib/wire/frame.js'
import { framed, lengthOf } from './fake-peer.js'

function read(chunks: readonly Uint8Array[], frameBytesMax = 1000): string[] {
  const frames: string[] = []
  const reader = new FrameReader(frameBytesMax, (frame) => {
    frames.push(Buffer.from(frame).toString('latin1'))
  })
  for (const chunk of chunks) reader.feed(chunk)
  return frames
}

test('frames are found again wherever the stream is cut', (t) => {
  const texts = ['a', 'bcd', 'x'.repeat(300), '\xff\x00\x0a', 'end']
  const stream = Buffer.concat(texts.map((text) => framed(Buffer.from(text, 'latin1'))))
  for (let cut = 0; cut <= stream.length; cut++) {
    t.deepEqual(read([stream.subarray(0, cut), stream.subarray(cut)]), texts)
  }
  t.deepEqual(read([...stream].map((byte) => Uint8Array.of(byte))), texts)
})

test('a length outside its bounds is refused before its bytes come, and nothing follows', (t) => {
  for (const length of [0, 1001, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]) {
    const frames: Uint8Array[] = []
    const reader = new FrameReader(1000, (frame) => frames.push(frame))
    const error = t.throws(() => reader.feed(lengthOf(length)), { instanceOf: FrameError })
    t.is(error.code, length === 0 ? 'FRAME_EMPTY' : 'FRAME_TOO_LARGE')
    reader.feed(framed(Buffer.from('later')))
    t.is(frames.length, 0)
  }
  t.is(read([framed(Buffer.alloc(1000))]).length, 1)
})

test('a reader that is stopped hands out nothing more of its chunk', (t) => {
  const frames: string[] = []
  const reader = new FrameReader(1000, (frame) => {
    frames.push(String(Buffer.from(frame)))
    reader.stop()
  })
  reader.feed(Buffer.concat([framed(Buffer.from('one')), framed(Buffer.from('two'))]))
  t.deepEqual(frames, ['one'])
})

test('the bound may be raised between two frames of one chunk', (t) => {
  const lengths: number[] = []
  const reader = new FrameReader(10, (frame) => {
    lengths.push(frame.length)
    reader.frameBytesMax = 100
  })
  reader.feed(Buffer.concat([framed(Buffer.alloc(10)), framed(Buffer.alloc(100))]))
  t.deepEqual(lengths, [10, 100])
})

test('the reader knows whether it stands inside a frame', (t) => {
  const reader = new FrameReader(10, () => undefined)
  t.false(reader.isInsideFrame)
  for (const [byte, isInside] of [
    [0, true],
    [0, true],
    [0, true],
    [2, true],
    [7, true],
    [7, false],
  ] as const) {
    reader.feed(Uint8Array.of(byte))
    t.is(reader.isInsideFrame, isInside)
  }
})
