import type { Image } from '@atelier/contracts'
import { useEffect, useRef } from 'react'
import { lazyPart } from '../app/lazy-part.js'
import { useBackCloses } from '../app/overlays.js'
import { Part } from '../app/part.js'
import { useShortcuts, type Shortcut } from '../app/shortcuts.js'
import { Unread } from '../app/unread.js'
import { useIsWide } from '../app/use-media.js'
import { madePictures, type MadePicture } from '../conversation/conversation-state.js'
import { useConversationState } from '../conversation/conversation-store.js'
import { usePictureName } from '../conversation/picture-names.js'
import { Picture } from '../conversation/picture.js'
import { words } from '../messages/words.js'
import { useImageQuery } from '../server/queries.js'
import { LookView } from './look-view.js'
import { StageBar } from './stage-bar.js'
import { useStage, type StageTool } from './stage-store.js'
import styles from './stage.module.css'
import { UnderwayFoot, UnderwayPicture, useUnderway } from './underway.js'

const MaskEditor = lazyPart(() => import('./mask/mask-editor.js'))
const FrameEditor = lazyPart(() => import('./frame/frame-editor.js'))
const CompareView = lazyPart(() => import('./compare-view.js'))
const VariationsView = lazyPart(() => import('./variations-view.js'))
const FullScreen = lazyPart(() => import('./full-screen.js'))

/** The current picture, as large as there is room, and all that is done right on it. */
export default function Stage() {
  const { shownId, tool, fullScreen, show, setTool, setFullScreen, setPanel } = useStage()
  const wide = useIsWide()
  const pictures = useConversationState(madePictures)
  const index = pictures.findIndex(({ image }) => image.id === shownId)
  const made = pictures[index]
  const { data: image, error, refetch } = useImageQuery(shownId, made?.image)
  const name = usePictureName(shownId)

  const underway = useUnderway()
  const step = (by: number) => {
    const next = pictures[index + by]
    if (index >= 0 && next) show(next.image.id)
  }
  const variations = made?.turn.generations.reduce((sum, { images }) => sum + images.length, 0) ?? 0
  const looking = tool !== 'mask' && tool !== 'frame'
  // On a phone Back leaves the tool, and then the stage.
  useBackCloses(() => setTool('look'), !wide && !looking)
  // What was focused has gone with the tool: its button takes the focus back.
  const lastTool = useRef(tool)
  useEffect(() => {
    const before = lastTool.current
    lastTool.current = tool
    if (looking && document.activeElement === document.body)
      document.querySelector<HTMLElement>(`[data-stage-tool="${before}"]`)?.focus()
  }, [tool, looking])

  const key = (keys: string, label: string, run: () => void): Shortcut => ({ keys, label, group: 'stage', run })
  const toggle = (next: StageTool) => image && show(image.id, tool === next ? 'look' : next)
  useShortcuts(
    [
      key('ArrowLeft', words.stage.previous, () => step(-1)),
      key('ArrowRight', words.stage.next, () => step(1)),
      key('b', words.stage.mask, () => toggle('mask')),
      key('x', words.stage.frame, () => toggle('frame')),
      key('c', words.stage.compare, () => made?.turn.images.length && toggle('compare')),
      key('v', words.stage.variations, () => variations > 1 && toggle('variations')),
      key('f', words.stage.fullScreen, () => setFullScreen(true)),
      key('i', words.stage.details, () => made && setPanel({ kind: 'details', generationId: made.generation.id })),
    ],
    looking && image !== undefined && !fullScreen,
  )
  useShortcuts([key('Escape', words.stage.look, () => setTool('look'))], looking && tool !== 'look')
  // Without a picture there is nothing to paint on; one that is only being read, as after a reload, will come.
  const none = useConversationState(({ status }) => status === 'open') && shownId === null
  useEffect(() => {
    if (none && !looking) setTool('look')
  }, [none, looking, setTool])

  if (!image && underway)
    return (
      <>
        {!wide && <StageBar image={undefined} made={undefined} />}
        <UnderwayPicture underway={underway} />
        <UnderwayFoot underway={underway} />
      </>
    )
  if (!image)
    return (
      <>
        {!wide && <StageBar image={undefined} made={undefined} />}
        <div className={styles.empty}>
          {error ? <Unread error={error} refetch={refetch} /> : shownId ? '' : words.stage.empty}
        </div>
      </>
    )
  return (
    <>
      {looking && <StageBar image={image} made={made} />}
      <div className={styles.content} data-looking={looking || undefined}>
        <Part
          key={tool}
          fallback={<Waiting image={image} />}
          {...(tool !== 'look' && { onClose: () => setTool('look') })}
        >
          <Tool image={image} name={name} made={made} />
        </Part>
      </div>
      {fullScreen && (
        <Part title={words.stage.fullScreen} onClose={() => setFullScreen(false)}>
          <FullScreen
            image={image}
            alt={name}
            place={index >= 0 ? { index, count: pictures.length } : null}
            onStep={step}
            onClose={() => setFullScreen(false)}
          />
        </Part>
      )}
    </>
  )
}

/** What is done with the picture now. */
function Tool({ image, name, made }: { image: Image; name: string; made: MadePicture | undefined }) {
  const { tool, show } = useStage()
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
            instruction={name}
            onChoose={(id) => show(id)}
          />
        )
  }
  return <LookView image={image} alt={name} made={made} />
}

/** The picture while a tool is being loaded. */
const Waiting = ({ image }: { image: Image }) => (
  <div className={styles.waiting}>
    <Picture image={image} link="url" alt="" />
  </div>
)
