import type { GenerationSummary, Image } from '@atelier/contracts'
import { X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { wordsOfFailure } from '../app/plain-words.js'
import { focusInstruction } from '../composer/focus-instruction.js'
import { useDraftActions } from '../draft/use-draft.js'
import { words } from '../messages/words.js'
import { atelier } from '../server/client.js'
import { useShownId, useStageActions } from '../stage/stage-store.js'
import controls from '../theme/controls.module.css'
import { Problem } from '../theme/problem.js'
import { conversationStore, useConversationState } from './conversation-store.js'
import styles from './generation-view.module.css'
import { plainInstruction } from './mentions.js'
import { Picture } from './picture.js'
import { useConversationActions } from './use-conversation-actions.js'

/** What a {@link GenerationView} shows. */
export interface GenerationViewProps {
  generation: GenerationSummary
  instruction: string
}

/**
 * One run of the model: its place in the queue, its steps with a preview, its picture, or why there is none. Cancelled ones
 * are shown together, by {@link Cancelled}.
 */
export function GenerationView(props: GenerationViewProps) {
  const { generation, instruction } = props
  switch (generation.status) {
    case 'queued':
    case 'running':
      return <Underway {...props} />
    case 'succeeded':
      return generation.images.map((image) => <Made key={image.id} image={image} instruction={instruction} />)
    case 'failed':
      return <Failed {...props} />
    case 'cancelled':
      return null
  }
}

/** How often the place in the queue is asked for while others come and go, in milliseconds. */
const placeMs = 5_000

/** The place in the queue, and in how many seconds the picture should be there; null: not known. */
function usePlace({ id, sessionId, status }: GenerationSummary) {
  const place = useConversationState(({ places }) => places[id])
  const [now, setNow] = useState(() => performance.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 1_000)
    return () => clearInterval(timer)
  }, [])
  useEffect(() => {
    if (status !== 'queued') return
    const ask = () =>
      void atelier.generations.get(id).then(
        ({ position, etaSeconds }) => {
          if (position === null) return
          const asked = { position, etaSeconds, at: performance.now() }
          conversationStore(sessionId).change({ type: 'placed', generationId: id, place: asked })
        },
        // The place is a nicety; events say when something happens.
        () => {},
      )
    if (!place) ask()
    const timer = setInterval(ask, placeMs)
    return () => clearInterval(timer)
    // oxlint-disable-next-line react-hooks/exhaustive-deps, react/exhaustive-effect-dependencies
  }, [id, sessionId, status])
  const eta = place?.etaSeconds ?? null
  return {
    position: place?.position ?? null,
    seconds: eta === null || !place ? null : Math.max(Math.ceil(eta - (now - place.at) / 1_000), 0),
  }
}

function Underway({ generation, instruction }: GenerationViewProps) {
  const { status, step, steps, id, attempt, parameters } = generation
  const preview = useConversationState(({ previews }) => previews[id])
  const { position, seconds } = usePlace(generation)
  const { cancel } = useConversationActions()
  const [cancelling, setCancelling] = useState(false)
  const { waiting, reading, step: stepOf } = words.conversation
  const state = status === 'queued' ? waiting(position) : step === 0 ? reading : stepOf(step, steps)
  const label = words.conversation.together([
    state,
    ...(attempt > 1 ? [words.conversation.attempt(attempt)] : []),
    ...(seconds !== null && seconds > 0 ? [words.conversation.eta(seconds)] : []),
  ])
  return (
    <figure className={styles.picture} aria-busy="true">
      <div className={styles.frame} style={{ aspectRatio: `${parameters.width} / ${parameters.height}` }}>
        {preview && status === 'running' ? (
          <img
            className={styles.preview}
            src={preview}
            alt={words.conversation.previewOf(plainInstruction(instruction))}
          />
        ) : (
          <div className={styles.blank} aria-hidden="true" />
        )}
        <progress
          className={styles.progress}
          aria-label={words.conversation.progress}
          max={steps}
          value={status === 'queued' ? 0 : step}
        />
      </div>
      <figcaption className={styles.caption}>
        <span className="numbers">{label}</span>
        <button
          type="button"
          className={`${controls.quiet} ${styles.cancel}`}
          aria-label={words.conversation.cancel}
          title={words.conversation.cancel}
          disabled={cancelling}
          onClick={() => {
            setCancelling(true)
            void cancel(id).then(() => setCancelling(false))
          }}
        >
          <span>{words.conversation.cancel}</span>
          <X size={16} aria-hidden />
        </button>
      </figcaption>
    </figure>
  )
}

function Made({ image, instruction }: { image: Image; instruction: string }) {
  const shown = useShownId() === image.id
  const { show } = useStageActions()
  return (
    <figure className={styles.picture}>
      <button
        type="button"
        className={styles.frame}
        aria-pressed={shown}
        title={shown ? words.conversation.shown : words.conversation.showOnStage}
        data-image={image.id}
        onClick={() => show(image.id)}
      >
        <Picture image={image} link="thumbnailUrl" alt={plainInstruction(instruction)} />
      </button>
    </figure>
  )
}

/** What a failure asks for: the same again, or another request. */
const needsChange = new Set(['worker_lost', 'image_unreadable', 'model_out_of_memory'])

function Failed({ generation }: GenerationViewProps) {
  const { retry } = useConversationActions()
  const { edit } = useDraftActions()
  const turn = useConversationState(({ turns }) => turns.find(({ id }) => id === generation.turnId))
  const { error } = generation
  const change = error && needsChange.has(error.code)
  return (
    <div className={styles.failed}>
      <Problem text={error ? wordsOfFailure(error) : words.conversation.failed}>
        {change && turn && (
          <button
            type="button"
            onClick={() => {
              edit(turn)
              focusInstruction()
            }}
          >
            {words.conversation.edit}
          </button>
        )}
        <button type="button" onClick={() => void retry(generation.id)}>
          {words.conversation.tryAgain}
        </button>
      </Problem>
    </div>
  )
}

/** Runs of one turn that were cancelled, together. */
export function Cancelled({ generations }: { generations: GenerationSummary[] }) {
  const { retry } = useConversationActions()
  return (
    <div className={styles.cancelled}>
      <p>{words.conversation.cancelled(generations.length)}</p>
      <button
        type="button"
        className={controls.quiet}
        onClick={() => void Promise.all(generations.map(({ id }) => retry(id)))}
      >
        {words.conversation.tryAgain}
      </button>
    </div>
  )
}
