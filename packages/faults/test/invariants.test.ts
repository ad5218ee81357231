import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import { check, type Evidence, type Violation } from '../src/check/invariants.js'
import type { StoredEvent } from '../src/check/state.js'

const event = (
  sessionId: string,
  seq: number,
  type: StoredEvent['type'],
  generationId: string | null,
  attempt: number | null = null,
): StoredEvent => ({ sessionId, seq, type, generationId, attempt, at: seq })

/** What is left after two owners had a generation each: one that lost its worker once, one that was cancelled. */
function healthy(): Evidence {
  const events = [
    event('ses_a', 1, 'turn-created', null),
    event('ses_a', 2, 'generation-queued', 'gen_a', 0),
    event('ses_a', 3, 'generation-started', 'gen_a', 1),
    event('ses_a', 4, 'generation-started', 'gen_a', 2),
    event('ses_a', 5, 'generation-succeeded', 'gen_a'),
    event('ses_b', 1, 'turn-created', null),
    event('ses_b', 2, 'generation-queued', 'gen_b', 0),
    event('ses_b', 3, 'generation-cancelled', 'gen_b'),
  ]
  const heard = (sessionId: string) =>
    events
      .filter((one) => one.sessionId === sessionId)
      .map(({ seq, type, generationId }) => ({ seq, type, ...(generationId && { generationId }) }))
  const base = { errorCode: null, finishedAt: 9 }
  const made = { images: 0, bytes: 0, waiting: 0, running: 0, sessions: 1 }
  return {
    state: {
      generations: [
        {
          id: 'gen_a',
          turnId: 'trn_a',
          sessionId: 'ses_a',
          ownerId: 'own_a',
          status: 'succeeded',
          attempt: 2,
          ...base,
        },
        {
          id: 'gen_b',
          turnId: 'trn_b',
          sessionId: 'ses_b',
          ownerId: 'own_b',
          status: 'cancelled',
          attempt: 0,
          ...base,
        },
      ],
      turns: [
        { id: 'trn_a', sessionId: 'ses_a', ownerId: 'own_a' },
        { id: 'trn_b', sessionId: 'ses_b', ownerId: 'own_b' },
      ],
      images: [
        {
          id: 'img_a',
          ownerId: 'own_a',
          generationId: 'gen_a',
          index: 0,
          objectKey: 'generations/gen_a/0.png',
          thumbnailKey: 'generations/gen_a/0.thumb.webp',
          sha256: 'aa',
          bytes: 100,
        },
      ],
      events,
      sessions: [
        { id: 'ses_a', ownerId: 'own_a', lastSeq: 5 },
        { id: 'ses_b', ownerId: 'own_b', lastSeq: 3 },
      ],
      objects: new Map([
        ['generations/gen_a/0.png', 'aa'],
        ['generations/gen_a/0.thumb.webp', 'bb'],
      ]),
      orphans: [],
      queued: [],
      uses: [
        { ownerId: 'own_a', used: { ...made, images: 1, bytes: 100 } },
        { ownerId: 'own_b', used: { ...made } },
      ],
    },
    log: {
      hearings: [
        { ownerId: 'own_a', sessionId: 'ses_a', how: 'sse', events: heard('ses_a'), reconnects: 1 },
        { ownerId: 'own_b', sessionId: 'ses_b', how: 'socket', events: heard('ses_b'), reconnects: 0 },
      ],
      acknowledged: [
        { ownerId: 'own_a', sessionId: 'ses_a', key: 'a', turnId: 'trn_a', generationIds: ['gen_a'] },
        { ownerId: 'own_b', sessionId: 'ses_b', key: 'b', turnId: 'trn_b', generationIds: ['gen_b'] },
      ],
      made: [
        { key: 'a', turnId: 'trn_a' },
        { key: 'a', turnId: 'trn_a' },
        { key: 'b', turnId: 'trn_b' },
      ],
      foreignReads: [{ path: '/v1/generations/gen_b', status: 404 }],
      givenUp: [],
    },
  }
}

/** A way to damage what is healthy, and the finding that must come of it; others may come as well. */
type Damage = [invariant: Violation['invariant'], finding: RegExp, damage: (evidence: Evidence) => void]

const damages: Record<string, Damage> = {
  'an acknowledged turn is gone': ['I1', /lost: the turn trn_b/, ({ state }) => void state.turns.pop()],
  'an acknowledged generation is gone': [
    'I1',
    /lost: the generation gen_b/,
    ({ state }) => void state.generations.pop(),
  ],
  'a generation never ended': [
    'I1',
    /lost: the generation gen_a is still running, attempt 2/,
    ({ state }) => void (state.generations[0]!.status = 'running'),
  ],
  'a generation ended twice': [
    'I1',
    /doubled: 2 events tell of the end of gen_a/,
    ({ state }) => void state.events.push(event('ses_a', 6, 'generation-succeeded', 'gen_a')),
  ],
  'no event tells of the end': [
    'I1',
    /lost: no event tells of the end of gen_b/,
    ({ state }) => void state.events.pop(),
  ],
  'the queue keeps a job': ['I1', /still has a job for gen_a/, ({ state }) => void state.queued.push('gen_a')],
  'a success has no image': ['I2', /lost: gen_a succeeded and has no image/, ({ state }) => void state.images.pop()],
  'a success has two images': [
    'I2',
    /doubled: gen_a has 2 images/,
    ({ state }) => void state.images.push({ ...state.images[0]!, id: 'img_c', index: 1 }),
  ],
  'an object is gone': [
    'I2',
    /lost: the object generations\/gen_a\/0\.png/,
    ({ state }) => void state.objects.delete('generations/gen_a/0.png'),
  ],
  'a thumbnail is gone': [
    'I2',
    /lost: the thumbnail/,
    ({ state }) => void state.objects.delete('generations/gen_a/0.thumb.webp'),
  ],
  'an object is another picture': [
    'I2',
    /is not what the row img_a says/,
    ({ state }) => void state.objects.set('generations/gen_a/0.png', 'cc'),
  ],
  'a cancelled generation has an image': [
    'I3',
    /gen_b is cancelled and has 1 image/,
    ({ state }) => void state.images.push({ ...state.images[0]!, id: 'img_c', generationId: 'gen_b' }),
  ],
  'a number is missing in the log': [
    'I4',
    /gap: the log of ses_a has no event 3/,
    ({ state }) => void state.events.splice(2, 1),
  ],
  'the session counts more events than there are': [
    'I4',
    /gap: ses_b says 4 events and has 3/,
    ({ state }) => void (state.sessions[1]!.lastSeq = 4),
  ],
  'a client missed an event': [
    'I4',
    /out of order: over sse the client of ses_a heard 4 after 2/,
    ({ log }) => void log.hearings[0]!.events.splice(2, 1),
  ],
  'a client heard an event twice': [
    'I4',
    /out of order: over socket the client of ses_b heard 2 after 2/,
    ({ log }) => void log.hearings[1]!.events.splice(2, 0, log.hearings[1]!.events[1]!),
  ],
  'a client never heard the end': [
    'I4',
    /gap: over sse the client of ses_a heard 4 of 5 events/,
    ({ log }) => void log.hearings[0]!.events.pop(),
  ],
  'a client heard something else': [
    'I4',
    /heard generation-failed as 5, which is generation-succeeded/,
    ({ log }) => void (log.hearings[0]!.events[4]!.type = 'generation-failed'),
  ],
  'a key made two turns': [
    'I5',
    /doubled: the key a made trn_a and trn_c/,
    ({ log }) => void log.made.push({ key: 'a', turnId: 'trn_c' }),
  ],
  'there is a turn that nobody was told of': [
    'I5',
    /doubled: no client was told of the turn trn_c/,
    ({ state }) => void state.turns.push({ id: 'trn_c', sessionId: 'ses_a', ownerId: 'own_a' }),
  ],
  'somebody else can read it': [
    'I6',
    /leaked: \/v1\/generations\/gen_b of another owner was answered 200/,
    ({ log }) => void (log.foreignReads[0]!.status = 200),
  ],
  'a generation is in the session of another owner': [
    'I6',
    /leaked: gen_a is not of the owner of its session/,
    ({ state }) => void (state.sessions[0]!.ownerId = 'own_b'),
  ],
  'an object has no row': [
    'I7',
    /orphan: no row names the object generations\/gen_b\/0\.png/,
    ({ state }) => void state.orphans.push('generations/gen_b/0.png'),
  ],
  'something happened after the end': [
    'I8',
    /gen_b: generation-started after generation-cancelled/,
    ({ state }) => void state.events.push(event('ses_b', 4, 'generation-started', 'gen_b', 1)),
  ],
  'an attempt was skipped': [
    'I8',
    /gen_a: attempt 3 after attempt 1/,
    ({ state }) => void (state.events[3]!.attempt = 3),
  ],
  'the row counts other attempts': [
    'I8',
    /gen_a says attempt 3, and was started 2 times/,
    ({ state }) => void (state.generations[0]!.attempt = 3),
  ],
  'a limit counts what is not there': [
    'I9',
    /own_b is said to use 1 images, and has 0/,
    ({ state }) => void (state.uses[1]!.used.images = 1),
  ],
}

describe('the checker', () => {
  it('finds nothing wrong with what is right', () => assert.deepEqual(check(healthy()), []))

  for (const [name, [invariant, finding, damage]] of Object.entries(damages)) {
    it(`finds that ${name}`, () => {
      const evidence = healthy()
      damage(evidence)
      const found = check(evidence)
      assert.ok(
        found.some((violation) => violation.invariant === invariant && finding.test(violation.what)),
        JSON.stringify(found),
      )
    })
  }

  it('lets a creation that its client gave up have made one turn', () => {
    const evidence = healthy()
    evidence.log.givenUp.push('POST /v1/sessions/ses_a/turns')
    evidence.state.turns.push({ id: 'trn_c', sessionId: 'ses_a', ownerId: 'own_a' })
    assert.deepEqual(check(evidence), [])
    evidence.state.turns.push({ id: 'trn_d', sessionId: 'ses_a', ownerId: 'own_a' })
    assert.match(check(evidence)[0]!.what, /doubled/)
  })
})
