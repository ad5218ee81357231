import { words } from '../messages/words.js'
import { Problem } from '../theme/problem.js'
import { plainWords } from './plain-words.js'

/** Says why something could not be read, where it would stand, and tries again when it is told to. */
export function Unread({ error, refetch }: { error: Error; refetch(): unknown }) {
  return (
    <Problem text={plainWords(error)}>
      <button type="button" onClick={() => void refetch()}>
        {words.conversation.tryAgain}
      </button>
    </Problem>
  )
}
