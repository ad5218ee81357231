import { Generations } from './generations.js'
import { Lanes } from './lanes.js'
import { QueueControl } from './queue-control.js'
import { Story } from './story.js'

/** The queue, or the story of one generation in it. */
export default function QueueSection({ id }: { id: string | null }) {
  if (id) return <Story id={id} />
  return (
    <>
      <QueueControl />
      <Lanes />
      <Generations />
    </>
  )
}
