import type { Image } from '@atelier/contracts'
import { lazy, Suspense, useEffect } from 'react'
import { useIsWide } from '../app/use-media.js'
import { madePictures, type MadePicture } from '../conversation/conversation-state.js'
import { useConversationState } from '../conversation/conversation-store.js'
import { Picture } from '../conversation/picture.js'
import { words } from '../messages/words.js'
import { useImage } from '../server/queries.js'
import { LookView } from './look-view.js'
import { StageBar } from './stage-bar.js'
import { useStage } from './stage-store.js'
import styles from './stage.module.css'
import { useKeys } from './use-keys.js'

const MaskEditor = lazy(() => import('./mask/mask-editor.js'))
const FrameEditor = lazy(() => import('./frame/frame-editor.js'))
const CompareView = lazy(() => import('./compare-view.js'))
const VariationsView = lazy(() => import('./variations-view.js'))
const FullScreen = lazy(() => import('./full-screen.js'))

/** The current picture, as large as there is room, and all that is done right on it. */
export default function Stage() {
  const { shownId, tool, fullScreen, show, setTool, setFullScreen, close } = useStage()
  const wide = useIsWide()
  const pictures = useConversationState(madePictures)
  const index = pictures.findIndex(({ image }) => image.id === shownId)
  const made = pictures[index]
  const image = useImage(shownId, made?.image)

  const step = (by: number) => {
    const next = pictures[index + by]
    if (index >= 0 && next) show(next.image.id)
  }
  const looking = tool !== 'mask' && tool !== 'frame'
  useKeys({
    ...(looking && {
      arrowleft: () => step(-1),
      arrowright: () => step(1),
      ...(image && {
        m: () => show(image.id, 'mask'),
        x: () => show(image.id, 'frame'),
        f: () => setFullScreen(true),
        ...(made?.turn.images.length && { c: () => show(image.id, tool === 'compare' ? 'look' : 'compare') }),
        v: () => show(image.id, tool === 'variations' ? 'look' : 'variations'),
      }),
      ...(tool === 'look' ? !wide && { escape: close } : { escape: () => setTool('look') }),
    }),
  })
  // another picture, such as the newest one that has just come, is nothing to compare or paint on without having been chosen
  useEffect(() => {
    if (!image && !looking) setTool('look')
  }, [image, looking, setTool])

  if (!image)
    return (
      <>
        {!wide && <StageBar image={undefined} made={undefined} />}
        <p className={styles.empty}>{shownId ? '' : words.stage.empty}</p>
      </>
    )
  return (
    <>
      {looking && <StageBar image={image} made={made} />}
      <div className={styles.content} data-looking={looking || undefined}>
        <Suspense fallback={<Waiting image={image} />}>
          <Tool image={image} made={made} />
        </Suspense>
      </div>
      {fullScreen && (
        <Suspense>
          <FullScreen
            image={image}
            alt={made?.turn.instruction ?? words.stage.uploaded}
            place={index >= 0 ? { index, count: pictures.length } : null}
            onStep={step}
            onClose={() => setFullScreen(false)}
          />
        </Suspense>
      )}
    </>
  )
}

/** What is done with the picture now. */
function Tool({ image, made }: { image: Image; made: MadePicture | undefined }) {
  const { tool, show } = useStage()
  const instruction = made?.turn.instruction ?? words.stage.uploaded
  switch (tool) {
    case 'mask':
      return <MaskEditor key={image.id} image={image} />
    case 'frame':
      return <FrameEditor key={image.id} image={image} />
    case 'compare':
      if (made?.turn.images.length)
        return <CompareView key={image.id} image={image} sourceIds={made.turn.images.map(({ imageId }) => imageId)} />
      break
    case 'variations':
      if (made)
        return (
          <VariationsView
            images={made.turn.generations.flatMap(({ images }) => images)}
            shownId={image.id}
            instruction={instruction}
            onChoose={(id) => show(id)}
          />
        )
  }
  return <LookView image={image} alt={instruction} made={made} />
}

/** The picture while a tool is being loaded. */
const Waiting = ({ image }: { image: Image }) => (
  <div className={styles.waiting}>
    <Picture image={image} link="url" alt="" />
  </div>
)
