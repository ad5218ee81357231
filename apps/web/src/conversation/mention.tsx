import { useImage } from '../server/queries.js'
import { usePictureName } from './picture-names.js'
import { Picture } from './picture.js'
import styles from './mention.module.css'

/** What a mention of a picture looks like: its thumbnail and a few words. */
export function MentionContent({ imageId }: { imageId: string }) {
  const image = useImage(imageId)
  const name = usePictureName(imageId)
  return (
    <span className={styles.mention}>
      {image && <Picture image={image} link="thumbnailUrl" alt="" />}
      <span>{name}</span>
    </span>
  )
}
