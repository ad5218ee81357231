import type { Image } from '@atelier/contracts'
import { Brush, Expand, X } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { useAddress } from '../app/address.js'
import { lazyPart } from '../app/lazy-part.js'
import { Part } from '../app/part.js'
import { useStore } from '../app/external-store.js'
import { useShortcuts } from '../app/shortcuts.js'
import type { MadePicture } from '../conversation/conversation-state.js'
import { InstructionText } from '../conversation/instruction-text.js'
import { Picture } from '../conversation/picture.js'
import { draftStore } from '../draft/draft-store.js'
import { frameKey, maskKey, saveUnfinished } from '../draft/unfinished.js'
import { useDraftActions } from '../draft/use-draft.js'
import { useUnfinished } from '../draft/use-unfinished.js'
import { words } from '../messages/words.js'
import controls from '../theme/controls.module.css'
import { MaskOver } from './mask/mask-over.js'
import { FittedPicture } from './fitted-picture.js'
import foot from './foot.module.css'
import styles from './look-view.module.css'
import { useStage } from './stage-store.js'
import { UnderwayFoot, UnderwayPicture, useUnderway } from './underway.js'
import { usePictureActions } from './use-picture-actions.js'
import { ZoomControls, zoomShortcuts } from './zoom-controls.js'
import type { ZoomHandle, ZoomLevel, ZoomViewProps } from './zoom-view.js'

const ZoomView = lazyPart<ZoomViewProps>(() => import('./zoom-view.js'))

/** What a {@link LookView} shows. */
export interface LookViewProps {
  image: Image
  alt: string
  /** Where the conversation made it; undefined for an uploaded picture. */
  made: MadePicture | undefined
}

/** The picture to look at, with what it was asked to be, and with the mask that the next turn puts on it. */
export function LookView({ image, alt, made }: LookViewProps) {
  const [zoom, setZoom] = useState<ZoomHandle | null>(null)
  const [level, setLevel] = useState<ZoomLevel | null>(null)
  const { sessionId } = useAddress()
  // of the draft only this: what is typed does not concern the picture
  const images = useStore(draftStore(sessionId), (draft) => draft.images)
  const masked = images?.find(({ imageId }) => imageId === image.id)
  const { maskId, maskMode = 'keep' } = masked ?? {}
  const underway = useUnderway()
  useShortcuts(zoomShortcuts(zoom))
  const picture = (
    <>
      <ThumbnailFirst image={image} alt={alt} />
      {maskId && <MaskOver maskId={maskId} mode={maskMode} size={image} />}
    </>
  )
  return (
    <div className={styles.view}>
      {underway?.preview && (
        <div className={styles.underway}>
          <UnderwayPicture underway={underway} />
        </div>
      )}
      <Part fallback={<FittedPicture picture={image}>{picture}</FittedPicture>}>
        <ZoomView key={image.id} picture={image} handle={setZoom} onLevel={setLevel} className={styles.zoom}>
          {() => picture}
        </ZoomView>
      </Part>
      {underway ? (
        <UnderwayFoot underway={underway} />
      ) : (
        <Foot image={image} alt={alt} made={made} zoom={<ZoomControls zoom={zoom} level={level} />} />
      )}
    </div>
  )
}

/** The line below the picture: what is to be known of it before the next turn is sent, otherwise what it was asked to be. */
function Foot({ image, alt, made, zoom }: LookViewProps & { zoom: ReactNode }) {
  const { sessionId } = useAddress()
  const images = useStore(draftStore(sessionId), (draft) => draft.images)
  const { setMask, removeRoom } = useDraftActions()
  const { setTool, show } = useStage()
  const { edit } = usePictureActions(image, made)
  const mask = useUnfinished(maskKey(sessionId, image.id))
  const frame = useUnfinished(frameKey(sessionId, image.id))
  const own = images?.find(({ imageId }) => imageId === image.id)
  const edited = images?.[0]?.imageId
  const unfinished = mask.kept ? ('mask' as const) : frame.kept ? ('frame' as const) : null
  const { extended } = own ?? {}
  const takeRoomOff = async (change: boolean) => {
    if (!extended) return
    const { from, room } = extended
    if (change) await saveUnfinished(frameKey(sessionId, from), room)
    removeRoom(image.id)
    show(from, change ? 'frame' : 'look')
  }
  if (extended && image.id === edited)
    return (
      <Note text={words.stage.extended}>
        <button type="button" className={controls.quiet} onClick={() => void takeRoomOff(true)}>
          <Expand size={16} aria-hidden /> {words.stage.editRoom}
        </button>
        <button type="button" className={controls.quiet} onClick={() => void takeRoomOff(false)}>
          <X size={16} aria-hidden /> {words.stage.removeRoom}
        </button>
      </Note>
    )
  if (own?.maskId && own.imageId === edited)
    return (
      <Note text={words.stage.masked}>
        <button type="button" className={controls.quiet} onClick={() => setTool('mask')}>
          <Brush size={16} aria-hidden /> {words.stage.editMask}
        </button>
        <button type="button" className={controls.quiet} onClick={() => setMask(image.id, null)}>
          <X size={16} aria-hidden /> {words.stage.removeMask}
        </button>
      </Note>
    )
  if (edited !== undefined && edited !== image.id)
    return (
      <Note text={words.stage.notEdited}>
        <button type="button" className={controls.quiet} onClick={() => show(edited)}>
          {words.stage.showEdited}
        </button>
        <button type="button" className={controls.quiet} onClick={edit}>
          {words.stage.editShown}
        </button>
      </Note>
    )
  if (unfinished)
    return (
      <Note text={words.stage.unfinished[unfinished]}>
        <button type="button" className={controls.quiet} onClick={() => show(image.id, unfinished)}>
          {words.stage.goOn}
        </button>
        <button type="button" className={controls.quiet} onClick={unfinished === 'mask' ? mask.forget : frame.forget}>
          {words.stage.discard}
        </button>
      </Note>
    )
  return (
    <div className={foot.foot}>
      <p className={foot.instruction} dir="auto" title={alt}>
        {made ? <InstructionText instruction={made.turn.instruction} /> : alt}
      </p>
      <span className={`${foot.note} numbers`}>{words.stage.size(image.width, image.height)}</span>
      <span className={foot.zoom}>{zoom}</span>
    </div>
  )
}

function Note({ text, children }: { text: string; children: ReactNode }) {
  return (
    <div className={foot.foot} role="status">
      <p className={foot.note}>{text}</p>
      {children}
    </div>
  )
}

/** The thumbnail of a large picture until the picture itself is there. */
function ThumbnailFirst({ image, alt }: { image: Image; alt: string }) {
  return (
    <Picture
      retry
      key={image.id}
      image={image}
      link="url"
      alt={alt}
      className={styles.picture}
      style={{ backgroundImage: `url("${image.thumbnailUrl}")` }}
    />
  )
}
