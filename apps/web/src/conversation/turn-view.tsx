import type { Atelier } from '@atelier/client'
import type { Generation, Image, TurnWithGenerations } from '@atelier/contracts'
import { GenerationView, type GenerationViewProps } from './generation-view.js'
import { SourcePicture } from './source-picture.js'

/** What a {@link TurnView} needs besides what it hands on to its generations. */
export interface TurnViewProps extends Pick<GenerationViewProps, 'chosenId' | 'onChoose' | 'onCancel' | 'onRetry'> {
  client: Atelier
  turn: TurnWithGenerations
  /** The pictures that the conversation has made, by id. */
  made: ReadonlyMap<string, Image>
  positions: Record<string, number>
  previews: Record<string, string>
}

/** A run that came to nothing is no news any more once the turn has been tried again. */
function shownGenerations({ generations }: TurnWithGenerations): Generation[] {
  const newest = generations
    .map(({ createdAt }) => createdAt)
    .sort()
    .at(-1)
  const empty = ({ status }: Generation) => status === 'failed' || status === 'cancelled'
  return generations.filter((generation) => !empty(generation) || generation.createdAt === newest)
}

/** One request and what came of it. */
export function TurnView({ client, turn, made, positions, previews, ...actions }: TurnViewProps) {
  return (
    <li className="turn">
      <div className="request">
        {turn.images.map(({ imageId }) => (
          <SourcePicture key={imageId} client={client} id={imageId} known={made.get(imageId)} />
        ))}
        <p className="instruction">{turn.instruction}</p>
      </div>
      <div className="pictures">
        {shownGenerations(turn).map((generation) => (
          <GenerationView
            key={generation.id}
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
