import type { GenerationSummary, Image } from '@atelier/contracts'
import { words } from '../messages/words.js'
import { useShownId, useStageActions } from '../stage/stage-store.js'
import controls from '../theme/controls.module.css'
import { useConversationState } from './conversation-store.js'
import styles from './generation-view.module.css'
import { Picture } from './picture.js'
import { useConversationActions } from './use-conversation-actions.js'

/** What a {@link GenerationView} shows. */
export interface GenerationViewProps {
  generation: GenerationSummary
  instruction: string
}

/** One run of the model: its place in the queue, its steps with a preview, its picture, or why there is none. */
export function GenerationView(props: GenerationViewProps) {
  const { generation, instruction } = props
  switch (generation.status) {
    case 'queued':
    case 'running':
      return <Underway {...props} />
    case 'succeeded':
      return generation.images.map((image) => <Made key={image.id} image={image} instruction={instruction} />)
    case 'failed':
      return <Ended {...props} text={generation.error?.message ?? words.conversation.failed} error />
    case 'cancelled':
      return <Ended {...props} text={words.conversation.cancelled} />
  }
}

function Underway({ generation, instruction }: GenerationViewProps) {
  const { status, step, steps, id, parameters } = generation
  const position = useConversationState(({ places }) => places[id]?.position ?? 0)
  const preview = useConversationState(({ previews }) => previews[id])
  const { cancel } = useConversationActions()
  const label =
    status === 'queued'
      ? words.conversation.waiting(position)
      : step === 0
        ? words.conversation.reading
        : words.conversation.step(step, steps)
  return (
    <figure className={styles.picture}>
      <div className={styles.frame} style={{ aspectRatio: `${parameters.width} / ${parameters.height}` }}>
        {preview ? (
          <img className={styles.preview} src={preview} alt={words.conversation.previewOf(instruction)} />
        ) : (
          <div className={styles.blank} aria-hidden="true" />
        )}
      </div>
      <figcaption className={styles.caption}>
        <span className="numbers">{label}</span>
        <progress aria-label={words.conversation.progress} max={steps} value={status === 'queued' ? 0 : step} />
        <button type="button" className={controls.quiet} onClick={() => void cancel(id)}>
          {words.conversation.cancel}
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
        onClick={() => show(image.id)}
      >
        <Picture image={image} link="thumbnailUrl" alt={instruction} />
      </button>
    </figure>
  )
}

function Ended({ generation, text, error }: GenerationViewProps & { text: string; error?: boolean }) {
  const { retry } = useConversationActions()
  return (
    <div className={error ? controls.problem : styles.ended} role={error ? 'alert' : undefined}>
      <p>{text}</p>
      <button type="button" className={controls.quiet} onClick={() => void retry(generation.id)}>
        {words.conversation.tryAgain}
      </button>
    </div>
  )
}
