import { useQueries } from '@tanstack/react-query'
import { useMemo } from 'react'
import { isElongated, obstacleOf, type Obstacle } from '../draft/obstacle.js'
import { useDraft } from '../draft/use-draft.js'
import { imageQuery, useModel } from '../server/queries.js'

/** Why the draft cannot be sent as it is; null: nothing that the page knows of. */
export function useObstacle(): Obstacle | null {
  const { draft, images } = useDraft()
  const model = useModel(draft.model)
  const queries = useMemo(() => images.map(({ imageId }) => imageQuery(imageId)), [images])
  const known = useQueries({ queries })
  const elongated = model && known.find(({ data }) => data && isElongated(data, model))?.data?.id
  const { text } = draft
  return useMemo(() => obstacleOf({ text }, images, elongated), [text, images, elongated])
}
