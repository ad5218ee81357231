import { afterAll, beforeAll, describe, it } from '@jest/globals'
import type { Archive, ArchivedGeneration } from '@atelier/contracts'
import { filesOf, refuses, saying } from './support/archives.js'
import { manifestOf, type Files } from './support/read-zip.js'
import { richSession } from './support/rich-session.js'
import { startTestApi, type TestApi } from './support/test-api.js'

let api: TestApi
let files: Files
beforeAll(async () => {
  api = await startTestApi()
  files = await filesOf(api, (await richSession(api)).id)
})
afterAll(() => api.close())

/** Asserts that the archive with another `session.json` is refused. */
const said = async (change: (archive: Archive) => unknown, path: string | RegExp, problem: RegExp) =>
  refuses(api, await saying(files, change), path, problem)

describe('what an archive says is refused', () => {
  it('when its turns go round in a circle, or follow what is not there', async () => {
    const [one, two] = manifestOf(files).turns.map(({ id }) => id)
    await said(
      (a) => {
        a.turns[0]!.parentTurnId = two!
      },
      'turns.0.parentTurnId',
      /comes before/,
    )
    await said(
      (a) => {
        a.turns[0]!.parentTurnId = one!
      },
      'turns.0.parentTurnId',
      /comes before/,
    )
    await said(
      (a) => {
        a.turns[1]!.parentTurnId = 'trn_0000000000000000'
      },
      'turns.1.parentTurnId',
      /comes before/,
    )
    await said(
      (a) => {
        a.turns.push(a.turns[0]!)
      },
      /turns\.\d\.id/,
      /twice/,
    )
  })

  it('when it names what is outside of it, even if that is the caller’s', async () => {
    const [turn, generation, image] = ['trn_0000000000000000', 'gen_0000000000000000', 'img_0000000000000000'] as const
    const outside = async (path: string, change: (archive: Archive) => void) =>
      refuses(api, await saying(files, change), path, /not in the archive/)
    const record = (place: number, change: (generation: ArchivedGeneration) => void) => (a: Archive) =>
      change(a.generations[place]!)
    await outside('session.activeTurnId', (a) => {
      a.session.activeTurnId = turn
    })
    await outside('turns.1.images.0.imageId', (a) => {
      a.turns[1]!.images[0]!.imageId = image
    })
    await outside('turns.1.images.1.maskId', (a) => {
      a.turns[1]!.images[1]!.maskId = image
    })
    await outside('turns.0.instruction', (a) => {
      a.turns[0]!.instruction = `like @${image}`
    })
    await outside(
      'generations.0.turnId',
      record(0, (g) => {
        g.turnId = turn
      }),
    )
    await outside(
      'generations.5.lcu.0.turnId',
      record(5, (g) => {
        g.lcu[0]!.turnId = turn
      }),
    )
    await outside(
      'generations.5.lcu.0.images.0.imageId',
      record(5, (g) => {
        g.lcu[0]!.images[0]!.imageId = image
      }),
    )
    await outside(
      'generations.0.historyDropped',
      record(0, (g) => {
        g.historyDropped = [turn]
      }),
    )
    await outside(
      'generations.2.reproduction',
      record(2, (g) => {
        g.reproduction!.generationId = generation
      }),
    )
  })

  it('when it breaks the rules of turns, masks and generations', async () => {
    const ofKind = (a: Archive, kind: string) => a.images.find((image) => image.kind === kind)!
    await said(
      (a) => {
        a.turns[0]!.instruction = ' '
      },
      'turns.0.instruction',
      /0 characters/,
    )
    await said(
      (a) => {
        a.turns[0]!.instruction = `x${' '.repeat(2000)}`
      },
      'turns.0.instruction',
      /2001/,
    )
    await said(
      (a) => {
        a.turns[0]!.instruction = 'x'.repeat(2001)
      },
      'turns.0.instruction',
      /2001/,
    )
    const times = <T>(count: number, value: T) => Array.from({ length: count }, () => value)
    await said(
      (a) => {
        a.turns[1]!.images = times(10, a.turns[1]!.images[0]!)
      },
      'turns.1.images',
      /more than 9/,
    )
    const lengthen = ({ lcu }: ArchivedGeneration) => {
      lcu.unshift(...times(9, lcu[0]!))
    }
    await said((a) => lengthen(a.generations[3]!), 'generations.3.lcu', /more than 9/)
    await said(
      (a) => {
        a.generations[0]!.lcu = []
      },
      'generations.0.lcu',
      /does not end/,
    )
    await said(
      (a) => {
        ofKind(a, 'mask').kind = 'uploaded'
      },
      /maskId/,
      /not a mask/,
    )
    await said(
      (a) => {
        ofKind(a, 'mask').width = 32
      },
      /maskId/,
      /another size/,
    )
    await said(
      (a) => {
        a.images[0]!.generationId = a.generations[4]!.id
      },
      'images.0',
      /no generation that succeeded/,
    )
    await said(
      (a) => {
        a.images[0]!.index = null
      },
      'images.0',
      /without the other/,
    )
    await said(
      (a) => {
        a.images[1]!.generationId = a.images[0]!.generationId
      },
      'images.1',
      /place of another/,
    )
    await said(
      (a) => {
        a.turns.forEach((turn) => {
          turn.images = []
        })
      },
      /images\.\d/,
      /neither used nor made/,
    )
  })
})
