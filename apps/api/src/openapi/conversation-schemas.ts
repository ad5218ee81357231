import {
  createSessionSchema,
  createTurnResponseSchema,
  createTurnSchema,
  dryRunTurnSchema,
  errorBodySchema,
  failureSchema,
  forkSessionSchema,
  generationSchema,
  generationSummarySchema,
  generationStatusSchema,
  historySchema,
  imageSchema,
  lcuImageSchema,
  lcuUnitSchema,
  limitsSchema,
  limitUseSchema,
  listedSessionSchema,
  modelSchema,
  outpaintRequestSchema,
  outpaintResponseSchema,
  parametersRequestSchema,
  parametersSchema,
  placedGenerationSchema,
  reproductionSchema,
  retrySchema,
  sessionSchema,
  sessionWithTurnsSchema,
  textUseSchema,
  turnImageSchema,
  turnInTreeSchema,
  turnOutlookSchema,
  turnPageSchema,
  turnSchema,
  turnWithGenerationsSchema,
  updateSessionSchema,
} from '@atelier/contracts'
import { note, type NotedSchema } from './schema-note.js'

const sessionId = 'ses_4h2m8k0qv7xw3t5z'
const turnId = 'trn_9c1r6y2bn5jd8e0f'
const imageId = 'img_7k3w9s5pd2mx1q8v'
const generationId = 'gen_2f8j4t6vz0hb5n9c'
const createdAt = '2026-01-15T09:30:00.000Z'
const url = `/objects/generations/${generationId}/0.png?expires=1768556400&signature=xLrVb0hYyWk0jQh3bq1n8Hq0m2cUe0Vd5Qm1bJw2tXo`

const session = {
  id: sessionId,
  title: 'A red circle',
  lastSeq: 4,
  activeTurnId: turnId,
  createdAt,
  updatedAt: createdAt,
}
const image = {
  id: imageId,
  kind: 'generated',
  width: 256,
  height: 256,
  contentType: 'image/png',
  bytes: 20480,
  url,
  thumbnailUrl: url.replace('.png', '.thumb.webp'),
  generationId,
  createdAt,
}

const cursors = {
  before: '`before` of the page of the turns before these; null: there are none.',
  after: '`after` of the page of the turns after these; null: there are none.',
}
const generationFields = {
  priority: 'That of its turn.',
  attempt: 'How many times a worker has started it.',
  step: 'The last finished step, 0 to `steps`.',
  images: 'What it made; empty until it has succeeded.',
  timings: 'Milliseconds of each stage; empty until it has run.',
  device: 'Kind of device that it ran on, such as `cpu` or `cuda`; null until it has succeeded.',
  reproduction: 'How it compares with the generation that it reproduces; null: it reproduces none.',
  startedAt: 'When it started, in UTC; null: not yet.',
  error: 'Why it failed; null: it has not.',
}

const turnFields = {
  instruction: 'What to make or change, in words, 1 to 2,000 characters. `@img_…` adds an image.',
  images: 'Images to edit or to look at. Left out: the latest image. `[]`: none.',
  parentTurnId: 'The turn to follow; null starts a new root. Default: the turn that made the first image.',
  model: 'Name of a model of `GET /v1/models`. Default: the first.',
  onLongText: 'Whether text with more tokens than the model reads is refused (default) or cut.',
  priority: '`interactive` (default): somebody waits for it. `background`: it may wait for those.',
  webhook: 'Who is told how the generations of this turn end, besides your webhooks.',
}

/** Names and notes of the schemas of conversations, images, generations and errors. */
export const conversationSchemas: readonly NotedSchema[] = [
  note(sessionSchema, 'Session', 'A conversation.', {
    fields: {
      lastSeq: '`seq` of the newest event of its log; 0: none yet.',
      activeTurnId: 'The current turn: the newest one, or the one selected last; null: no turns.',
    },
    examples: [session],
  }),
  note(sessionWithTurnsSchema, 'SessionWithTurns', 'A conversation with the newest turns of its path.', {
    fields: {
      lastSeq: '`seq` of the newest event that this answer includes.',
      activeTurnId: 'The current turn; null: no turns.',
      turns: 'The newest turns of its path, oldest first.',
      ...cursors,
    },
  }),
  note(listedSessionSchema, 'ListedSession', 'A conversation in a list.', {
    fields: {
      lastSeq: '`seq` of the newest event of its log; 0: none yet.',
      activeTurnId: 'The current turn; null: no turns.',
      image: 'The newest picture that was made in it; null: none yet.',
      thumbnailUrl: 'Where a WebP of at most 256 pixels a side is. Needs no key, and expires.',
    },
  }),
  note(turnPageSchema, 'TurnPage', 'A page of the turns of a conversation.', {
    fields: { data: 'The turns of this page, oldest first.', ...cursors },
  }),
  note(createSessionSchema, 'CreateSession', 'A new conversation.', { examples: [{ title: 'A red circle' }] }),
  note(updateSessionSchema, 'UpdateSession', 'What to change: at least one of the two.', {
    fields: { activeTurnId: 'The turn from which the conversation goes on.' },
    examples: [{ title: 'A green circle' }],
  }),
  note(forkSessionSchema, 'ForkSession', 'Up to where to copy a conversation.', {
    fields: { turnId: 'It becomes the newest turn of the fork. Default: all turns of all branches.' },
    examples: [{ turnId, title: 'Another way' }],
  }),
  note(turnSchema, 'Turn', 'One request in a conversation.'),
  note(turnWithGenerationsSchema, 'TurnWithGenerations', 'A turn with its newest generations.'),
  note(turnInTreeSchema, 'TurnInTree', 'A turn with its newest generations and its place in the conversation.', {
    fields: {
      generations: 'Its newest generations, at most 10, oldest first.',
      generationCount: 'How many generations it has.',
      siblingCount: 'How many turns have the same parent, this one included.',
      siblingIndex: 'Its position among them; 0 = oldest.',
    },
  }),
  note(createTurnSchema, 'CreateTurn', 'What to make or change.', {
    fields: turnFields,
    examples: [
      { instruction: 'a red circle on a blue background', parameters: { seed: 1 } },
      { instruction: 'make the circle green', images: [{ imageId }] },
    ],
  }),
  note(dryRunTurnSchema, 'DryRunTurn', 'A turn that is not created.', {
    fields: {
      ...turnFields,
      instruction: 'What to make or change, in words, at most 2,000 characters; may be empty.',
      sessionId: 'The session that it would be in. Default: a new one.',
    },
    examples: [{ sessionId, instruction: 'make the circle green' }],
  }),
  note(turnOutlookSchema, 'TurnOutlook', 'What would become of a turn if it were created now.', {
    fields: {
      parentTurnId: 'The turn that it would follow; null: it would be a root.',
      images: 'The images that it would use; it would edit the first.',
      parameters: 'How its pictures would be made; their seeds are chosen when it is created.',
      lcu: 'What the model would see: oldest turn first, the turn itself last, without an id.',
      historyDropped: 'Ids of turns that would not fit, oldest first.',
      instruction: 'How long the instruction is for the model; null: not known.',
      negativePrompt: 'How long the negative prompt is for the model; null: not known.',
    },
  }),
  note(textUseSchema, 'TextUse', 'How long a text is for a model.', {
    fields: { tokens: 'Tokens of the text.', maxTokens: 'Most tokens that the model reads.' },
  }),
  note(createTurnResponseSchema, 'CreatedTurn', 'The turn, stored, and its generations, queued.'),
  note(turnImageSchema, 'TurnImage', 'An image that a turn edits or looks at.'),
  note(historySchema, 'History', 'How much of the conversation the model sees.', {
    fields: {
      mode: '`lineage`: the turns that led to the image. `session`: the latest turns. `none`: no turns.',
      limit: 'At most this many turns, default 5.',
    },
  }),
  note(
    parametersRequestSchema,
    'ParametersRequest',
    'Parameters of a new turn. The defaults of the model apply to the rest.',
    {
      fields: { count: 'How many variations, 1 to 10. Variation i uses the seed + i.' },
      examples: [{ seed: 1, steps: 20 }],
    },
  ),
  note(parametersSchema, 'Parameters', 'Parameters of a generation, fixed when its turn is created.'),
  note(generationStatusSchema, 'GenerationStatus', '`queued → running → succeeded | failed | cancelled`'),
  note(generationSchema, 'Generation', 'One run of the model for a turn.', {
    fields: {
      ...generationFields,
      lcu: 'What the model saw: oldest turn first, its own turn last.',
      historyDropped: 'Ids of turns that did not fit, oldest first.',
    },
  }),
  note(generationSummarySchema, 'GenerationSummary', 'One run of the model for a turn, without what it saw.', {
    fields: generationFields,
  }),
  note(placedGenerationSchema, 'PlacedGeneration', 'A generation and where it stands in the queue.', {
    fields: {
      ...generationFields,
      lcu: 'What the model saw: oldest turn first, its own turn last.',
      historyDropped: 'Ids of turns that did not fit, oldest first.',
      position: 'How many queued generations are ahead of it; 0 = next, null: it does not wait.',
      etaSeconds: 'Seconds until it will have ended, from measured times; null: unknown, or it has ended.',
    },
  }),
  note(retrySchema, 'Retry', 'How to run it again.', {
    fields: { seed: 'Seed of the new generation, 0 to 4294967295. Default: random.' },
    examples: [{ seed: 7 }],
  }),
  note(
    reproductionSchema,
    'Reproduction',
    'How a reproduction compares with its original; null until it has succeeded.',
    {
      fields: {
        generationId: 'The original.',
        equal: 'Whether all pixels are equal.',
        differentPixels: 'How many pixels differ.',
        maxDifference: 'Largest difference in one channel, 0 to 255.',
        sameDevice: 'Whether both ran on the same kind of device. Only then are they sure to be equal.',
      },
    },
  ),
  note(lcuImageSchema, 'LcuImage', 'An image, as the model saw it.', {
    fields: { indicator: 'Its name in the instruction, such as `{image1}`.' },
  }),
  note(lcuUnitSchema, 'LcuUnit', 'A turn, as the model saw it.', {
    fields: {
      instruction: 'The instruction, with an indicator for each mention.',
      truncated: 'True when the text was longer than the model reads; `instruction` is what it reads.',
    },
  }),
  note(imageSchema, 'Image', 'A picture: uploaded, generated, or a mask.', {
    fields: {
      kind: '`uploaded` by a caller, `generated` by the model, or a `mask` (white = edit here).',
      contentType: '`image/png`, `image/jpeg` or `image/webp`.',
      bytes: 'Size of the file.',
      url: 'Where the file is. Needs no key, and expires. A path is relative to the API.',
      thumbnailUrl: 'Where a WebP of at most 256 pixels a side is. As `url`.',
      generationId: 'The generation that made it; null: it was uploaded.',
    },
    examples: [image],
  }),
  note(outpaintRequestSchema, 'Outpaint', 'How much to add on each side; at least one is more than 0.', {
    fields: {
      top: 'Added at the top, as a ratio of the height.',
      right: 'Added at the right, as a ratio of the width.',
      bottom: 'Added at the bottom, as a ratio of the height.',
      left: 'Added at the left, as a ratio of the width.',
    },
    examples: [{ right: 0.5 }],
  }),
  note(outpaintResponseSchema, 'Outpainted', 'A picture with more room.', {
    fields: { image: 'The picture, its edges extended.', mask: 'White on the new part.' },
  }),
  note(limitsSchema, 'Limits', 'What an owner may have and start at once, and how much of it is used.', {
    fields: {
      waiting: 'Queued generations.',
      running: 'Generations that run; the others wait meanwhile.',
      sessions: 'Sessions.',
      turnsPerSession: 'Turns in one session; `used` is that of the largest.',
      images: 'Images, and those that queued and running generations will make.',
      bytes: 'Bytes of all images, without thumbnails.',
      keys: 'Keys that are neither revoked nor expired.',
      sockets: 'Sockets, event streams, and calls at `/openai/v1` and `/mcp`, in one API process.',
      joinedSessions: 'Sessions joined on sockets, in one API process.',
      imports: 'Imports, exports and forks at once, in one API process.',
      decodes:
        'Uploads, outpaints, and calls at `/openai/v1` and `/mcp` that send pictures, at once in one API process.',
    },
  }),
  note(limitUseSchema, 'LimitUse', 'A limit and how much of it is used.', {
    fields: { limit: 'The most that is allowed.', used: 'How many there are.' },
  }),
  note(modelSchema, 'Model', 'A model that this server offers.', {
    fields: {
      family: 'What kind of model it is.',
      title: 'Its name for people.',
      description: 'What it is good for.',
      limits: 'What it can take.',
      defaults: 'Parameters for what a request leaves out.',
      fast: 'What `speed: "fast"` means with this model; absent: it has none.',
      samplers: 'Samplers to choose from.',
      examples: 'Instructions that it follows well.',
      vocabulary: 'The words that it knows; empty: no limit.',
      default: 'Whether turns that name no model use it.',
    },
  }),
  note(failureSchema, 'Failure', 'Why a generation failed.'),
  note(errorBodySchema, 'Error', 'Every answer that is not a success.', {
    fields: { error: 'What went wrong, and what to do next.' },
  }),
]
