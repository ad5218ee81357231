import type { Generation, LcuUnit } from '@atelier/contracts'
import { useQuery } from '@tanstack/react-query'
import { Fragment } from 'react'
import { plainInstruction } from '../conversation/mentions.js'
import { Picture } from '../conversation/picture.js'
import { words } from '../messages/words.js'
import { atelier } from '../server/client.js'
import { useImage } from '../server/queries.js'
import { MaskOver } from '../stage/mask/mask-over.js'
import drawer from '../theme/drawer.module.css'
import styles from './details-drawer.module.css'

type SeenImage = LcuUnit['images'][number]

/** What the model saw: each turn with its pictures under the names that the model has for them, and what did not fit. */
export function LcuView({ generation: { lcu, historyDropped } }: { generation: Generation }) {
  const byName = new Map(lcu.flatMap(({ images }) => images.map((image) => [image.indicator, image] as const)))
  const pictures = byName.size
  return (
    <section className={styles.section}>
      <p className={drawer.note}>{pictures ? words.details.intro : words.details.textOnly}</p>
      {historyDropped.length > 0 && (
        <details className={styles.dropped}>
          <summary>{words.details.dropped(historyDropped.length)}</summary>
          <ol>
            {historyDropped.map((id) => (
              <DroppedTurn key={id} id={id} />
            ))}
          </ol>
        </details>
      )}
      <ol className={styles.units}>
        {lcu.map((unit, index) => {
          const back = lcu.length - 1 - index
          return (
            <li key={unit.turnId} className={styles.unit} data-current={back === 0 || undefined}>
              <p className={styles.when}>{back === 0 ? words.details.thisTurn : words.details.earlier}</p>
              <p className={styles.instruction} dir="auto">
                <Instruction text={unit.instruction} byName={byName} />
              </p>
              {unit.truncated && <p className={drawer.note}>{words.details.truncated}</p>}
              {unit.images.length > 0 && (
                <ul className={styles.frames}>
                  {unit.images.map((image) => (
                    <li key={image.indicator}>
                      <Frame image={image} />
                    </li>
                  ))}
                </ul>
              )}
            </li>
          )
        })}
      </ol>
    </section>
  )
}

/** An instruction as the model read it, with a small picture at each name. */
function Instruction({ text, byName }: { text: string; byName: Map<string, SeenImage> }) {
  const parts = text.split(/(\{image\d?\})/)
  let from = 0
  return parts.map((part) => {
    const key = from
    from += part.length
    const image = byName.get(part)
    return image ? <Named key={key} image={image} /> : <Fragment key={key}>{part}</Fragment>
  })
}

function Named({ image: { imageId, indicator } }: { image: SeenImage }) {
  const image = useImage(imageId)
  return (
    <span className={styles.named}>
      {image && <Picture image={image} link="thumbnailUrl" alt="" />}
      {indicator.slice(1, -1)}
    </span>
  )
}

/** A picture that the model saw, with its mask and its name. */
function Frame({ image: { imageId, maskId, maskMode, indicator } }: { image: SeenImage }) {
  const image = useImage(imageId)
  return (
    <figure className={styles.frame}>
      <div
        className={styles.picture}
        style={
          image && {
            aspectRatio: `${image.width} / ${image.height}`,
            ...(image.width < image.height && { inlineSize: 'auto', blockSize: '100%' }),
          }
        }
      >
        {image && <Picture image={image} link="thumbnailUrl" alt={indicator} />}
        {image && maskId && <MaskOver maskId={maskId} mode={maskMode} size={image} />}
      </div>
      <figcaption>
        <code>{indicator.slice(1, -1)}</code>
        {maskId && <span className={drawer.note}>{words.details.masked[maskMode]}</span>}
      </figcaption>
    </figure>
  )
}

function DroppedTurn({ id }: { id: string }) {
  const { data: turn } = useQuery({
    queryKey: ['turn', id],
    queryFn: ({ signal }) => atelier.turns.get(id, { signal }),
  })
  return <li dir="auto">{turn ? plainInstruction(turn.instruction) : '…'}</li>
}
