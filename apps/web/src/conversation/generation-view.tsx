import type { Atelier } from '@atelier/client'
import type { GenerationSummary, Image } from '@atelier/contracts'
import { LinkedPicture, savePicture } from './linked-picture.js'

/** What a {@link GenerationView} shows and offers. */
export interface GenerationViewProps {
  client: Atelier
  generation: GenerationSummary
  instruction: string
  position: number | undefined
  preview: string | undefined
  /** Id of the picture that the next instruction will edit. */
  chosenId: string | undefined
  onChoose(image: Image): void
  onCancel(id: string): void
  onRetry(id: string): void
}

/** One run of the model: its place in the queue, its steps with a preview, its picture, or why there is none. */
export function GenerationView(props: GenerationViewProps) {
  const { generation } = props
  switch (generation.status) {
    case 'queued':
    case 'running':
      return <Underway {...props} />
    case 'succeeded':
      return generation.images.map((image) => <Picture key={image.id} image={image} {...props} />)
    case 'failed':
      return <Ended {...props} text={generation.error?.message ?? 'The model failed.'} error />
    case 'cancelled':
      return <Ended {...props} text="Cancelled." />
  }
}

function Underway({ generation, instruction, position, preview, onCancel }: GenerationViewProps) {
  const { status, step, steps, id, parameters } = generation
  const waiting = position ? `Waiting: ${position} ahead` : 'Waiting for the model'
  const label = status === 'queued' ? waiting : step === 0 ? 'Reading your instruction' : `Step ${step} of ${steps}`
  return (
    <figure className="picture underway">
      <div className="frame" data-shape={parameters.width > parameters.height ? 'wide' : 'square'}>
        {preview ? (
          <img className="preview" src={preview} alt={`Preview of: ${instruction}`} />
        ) : (
          <div className="blank" aria-hidden="true" />
        )}
      </div>
      <figcaption>
        <span role="status">{label}</span>
        <progress aria-label="Progress" max={steps} value={status === 'queued' ? 0 : step} />
        <button type="button" className="quiet" onClick={() => onCancel(id)}>
          Cancel
        </button>
      </figcaption>
    </figure>
  )
}

function Picture({ client, image, instruction, chosenId, onChoose }: GenerationViewProps & { image: Image }) {
  const chosen = image.id === chosenId
  // A picture of few pixels is shown larger with its pixels kept, rather than blurred.
  const small = Math.max(image.width, image.height) < 256
  return (
    <figure className="picture" data-chosen={chosen || undefined}>
      <button
        type="button"
        className="frame"
        aria-pressed={chosen}
        onClick={() => onChoose(image)}
        title={chosen ? 'Your next instruction edits this picture' : 'Continue from this picture'}
      >
        <LinkedPicture
          className={small ? 'small' : undefined}
          client={client}
          image={image}
          link="url"
          width={image.width}
          height={image.height}
          alt={instruction}
        />
      </button>
      <figcaption>
        <span className="note">{chosen ? 'Continuing from this picture' : `${image.width} × ${image.height}`}</span>
        <a
          className="quiet"
          href={image.url}
          download={`${image.id}.png`}
          onClick={(event) => void savePicture(event, client, image)}
        >
          Save
        </a>
      </figcaption>
    </figure>
  )
}

function Ended({ generation, text, error, onRetry }: GenerationViewProps & { text: string; error?: boolean }) {
  return (
    <div className={error ? 'ended error' : 'ended'} role={error ? 'alert' : undefined}>
      <p>{text}</p>
      <button type="button" className="quiet" onClick={() => onRetry(generation.id)}>
        Try again
      </button>
    </div>
  )
}
