import type { Atelier } from '@atelier/client'
import type { GenerationSummary, Image, TurnInTree } from '@atelier/contracts'
import { useEffect, useState } from 'react'
import { LinkedPicture } from './linked-picture.js'
import { GenerationView, type GenerationViewProps } from './generation-view.js'

/** What a {@link TurnView} needs besides what it hands on to its generations. */
export interface TurnViewProps extends Pick<GenerationViewProps, 'chosenId' | 'onChoose' | 'onCancel' | 'onRetry'> {
  client: Atelier
  turn: TurnInTree
  /** The pictures that the conversation has made, by id. */
  made: ReadonlyMap<string, Image>
  positions: Record<string, number>
  previews: Record<string, string>
  /** Shows another of the turns with the same parent, by its position among them. */
  onSibling(turn: TurnInTree, index: number): void
}

/** A run that came to nothing is no news any more once the turn has been tried again. */
function shownGenerations({ generations }: TurnInTree): GenerationSummary[] {
  const newest = generations
    .map(({ createdAt }) => createdAt)
    .sort()
    .at(-1)
  const empty = ({ status }: GenerationSummary) => status === 'failed' || status === 'cancelled'
  return generations.filter((generation) => !empty(generation) || generation.createdAt === newest)
}

/** One request and what came of it. */
export function TurnView({ client, turn, made, positions, previews, onSibling, ...actions }: TurnViewProps) {
  return (
    <li className="turn">
      <div className="request">
        {turn.images.map(({ imageId }) => (
          <SourcePicture key={imageId} client={client} id={imageId} known={made.get(imageId)} />
        ))}
        <p className="instruction">{turn.instruction}</p>
        {turn.siblingCount > 1 && <Siblings turn={turn} onSibling={onSibling} />}
      </div>
      <div className="pictures">
        {shownGenerations(turn).map((generation) => (
          <GenerationView
            key={generation.id}
            client={client}
            generation={generation}
            instruction={turn.instruction}
            {...actions}
            position={positions[generation.id]}
            preview={previews[generation.id]}
          />
        ))}
      </div>
    </li>
  )
}

/** Which of the turns with the same parent is shown, and the way to the others. */
function Siblings({ turn, onSibling }: Pick<TurnViewProps, 'turn' | 'onSibling'>) {
  const { siblingIndex: index, siblingCount: count } = turn
  const step = (to: number, label: string, sign: string) => (
    <button
      type="button"
      className="quiet"
      aria-label={label}
      disabled={to < 0 || to >= count}
      onClick={() => onSibling(turn, to)}
    >
      {sign}
    </button>
  )
  return (
    <span className="note siblings" role="group" aria-label="Versions of this turn">
      {step(index - 1, 'Previous version', '‹')}
      {index + 1} / {count}
      {step(index + 1, 'Next version', '›')}
    </span>
  )
}

/** A small view of a picture that a turn edits. */
function SourcePicture({ client, id, known }: { client: Atelier; id: string; known: Image | undefined }) {
  const image = useImage(client, id, known)
  if (!image) return null
  const alt = image.kind === 'uploaded' ? 'Uploaded picture' : 'Earlier picture'
  return (
    <LinkedPicture
      className="source"
      client={client}
      image={image}
      link="thumbnailUrl"
      width={40}
      height={40}
      alt={alt}
    />
  )
}

/** An image by its id, read from the server unless `known`; null until it is there. */
function useImage(client: Atelier, id: string, known: Image | undefined): Image | null {
  const [image, setImage] = useState<Image | null>(null)
  useEffect(() => {
    if (known) return
    let current = true
    const read = async () => {
      const found = await client.images.get(id)
      if (current) setImage(found)
    }
    // Without its thumbnail a turn is still readable, so an error needs no words.
    read().catch(() => {})
    return () => {
      current = false
    }
  }, [client, id, known])
  return known ?? image
}
