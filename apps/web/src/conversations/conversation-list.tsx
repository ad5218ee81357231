import { Link } from 'wouter'
import { useQuery } from '@tanstack/react-query'
import { pathOf, useAddress } from '../app/address.js'
import { words } from '../messages/words.js'
import { atelier } from '../server/client.js'
import { queryKeys } from '../server/queries.js'
import styles from './conversation-list.module.css'

/** The person's conversations, newest first. `onChosen`: one of them was opened. */
export default function ConversationList({ onChosen }: { onChosen(): void }) {
  const { sessionId } = useAddress()
  const { data } = useQuery({
    queryKey: [...queryKeys.sessions, 'first'],
    queryFn: ({ signal }) => atelier.sessions.list({ limit: 50 }, { signal }),
  })
  return (
    <ul className={styles.list}>
      {data?.data.map(({ id, title }) => (
        <li key={id}>
          <Link href={pathOf(id)} aria-current={id === sessionId ? 'page' : undefined} onClick={onChosen}>
            {title ?? words.app.untitled}
          </Link>
        </li>
      ))}
    </ul>
  )
}
