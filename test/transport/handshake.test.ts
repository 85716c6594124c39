import test from 'ava'
import { PROTOCOL_VERSION } from '../../lib/protocol/member.js'
import {
  decodeHandshake,
  encodeAnswer,
  encodeHello,
  encodeWelcome,
  prove,
} from '../../lib/transport/handshake.js'
import { memberOf } from './support.js'

const nonce = Buffer.alloc(16, 1)

test('every message of the handshake comes back as it was', (t) => {
  for (const member of [
    memberOf(2),
    memberOf(3, { process: undefined, clusterId: '', empty: true }),
  ]) {
    for (const answers of [undefined, Buffer.alloc(16, 2)]) {
      const bytes = encodeHello({ member, nonce, answers, isSecured: true })
      t.deepEqual(decodeHandshake(bytes, PROTOCOL_VERSION), {
        kind: 'hello',
        member,
        nonce,
        answers,
        isSecured: true,
        bytes,
      })
    }
  }
  const proof = Buffer.alloc(32, 3)
  t.deepEqual(decodeHandshake(encodeAnswer(nonce, proof), PROTOCOL_VERSION), {
    kind: 'answer',
    nonce,
    proof,
  })
  t.deepEqual(decodeHandshake(encodeWelcome(), PROTOCOL_VERSION), { kind: 'welcome' })
})

test('fields nobody knows are dropped, also those with special names', (t) => {
  const text = JSON.stringify(memberOf(2)).replace('{', '{"__proto__":{"x":1},"more":2,')
  const hello = encodeHello({ member: memberOf(2), nonce, answers: undefined, isSecured: false })
  const bytes = Buffer.concat([hello.subarray(0, hello.indexOf(0x7b)), Buffer.from(text)])
  const message = decodeHandshake(bytes, PROTOCOL_VERSION)
  t.true(message.kind === 'hello')
  if (message.kind === 'hello') t.deepEqual(message.member, memberOf(2))
  t.is(({} as { x?: number }).x, undefined)
})

test('a proof holds for one secret, one pair of sockets and one direction', (t) => {
  const hello = (id: number, fill: number): Uint8Array =>
    encodeHello({
      member: memberOf(id),
      nonce: Buffer.alloc(16, fill),
      answers: undefined,
      isSecured: true,
    })
  const [one, two, secret] = [hello(1, 1), hello(2, 2), Buffer.from('s')]
  const proofs = [
    prove(secret, one, two),
    prove(secret, two, one),
    prove(secret, one, hello(2, 3)),
    prove(secret, hello(1, 3), two),
    prove(Buffer.from('t'), one, two),
    prove(new Uint8Array(0), one, two),
  ].map((proof) => Buffer.from(proof).toString('hex'))
  t.is(new Set(proofs).size, proofs.length)
  t.is(proofs[0], Buffer.from(prove(secret, one, two)).toString('hex'))
})
