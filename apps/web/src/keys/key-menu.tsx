import type { Limits } from '@atelier/contracts'
import { useQuery } from '@tanstack/react-query'
import { ChevronsUpDown, KeyRound, LogOut } from 'lucide-react'
import { Popover } from 'radix-ui'
import { useState } from 'react'
import { basePath } from '../app/address.js'
import { useStore } from '../app/external-store.js'
import { signedInAs } from '../app/sign-in-state.js'
import { Unread } from '../app/unread.js'
import { bytesOf, numberOf } from '../messages/amounts.js'
import { words } from '../messages/words.js'
import { atelier } from '../server/client.js'
import { queryKeys } from '../server/queries.js'
import controls from '../theme/controls.module.css'
import styles from './key-menu.module.css'
import { signOut } from './sign-out.js'

/** Which key this browser is signed in with; opens what it may have and has, and the way out. */
export function KeyMenu() {
  const me = useStore(signedInAs, (state) => state)
  const [open, setOpen] = useState(false)
  if (!me) return null
  const { key, scopes, expiresAt } = me
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger className={styles.button} aria-label={words.keys.signedInWith(key.name)}>
        <KeyRound size={18} aria-hidden />
        <span className={styles.name}>{key.name}</span>
        <ChevronsUpDown size={16} aria-hidden />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className={styles.popover}
          side="top"
          collisionPadding={8}
          align="start"
          sideOffset={6}
          aria-label={words.keys.title}
        >
          <p className={styles.key}>
            <strong>{key.name}</strong>
            <code>{words.keys.beginsWith(key.hint)}</code>
          </p>
          <p className={styles.note}>{words.keys.until(dateOf(expiresAt))}</p>
          {scopes.includes('admin') && (
            <p className={styles.note}>
              <a href={`${basePath}/admin`}>{words.keys.admin}</a>
            </p>
          )}
          <LimitsInUse />
          <button type="button" className={`${controls.plain} ${styles.out}`} onClick={() => void signOut()}>
            <LogOut size={18} aria-hidden /> {words.keys.signOut}
          </button>
          <p className={styles.note}>{words.keys.signingOut}</p>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

/** What people can do something about; the others are the operator's. */
const shown = ['sessions', 'images', 'bytes', 'waiting', 'running', 'turnsPerSession'] as const

function LimitsInUse() {
  const { data, error, refetch } = useQuery({
    queryKey: queryKeys.limits,
    queryFn: ({ signal }) => atelier.limits({ signal }),
    staleTime: 0,
  })
  if (!data) return error && <Unread error={error} refetch={refetch} />
  return (
    <section aria-label={words.keys.usage}>
      <h2 className={styles.usage}>{words.keys.usage}</h2>
      <ul>
        {shown.map((name) => (
          <LimitLine key={name} name={name} {...data[name]} />
        ))}
      </ul>
    </section>
  )
}

function LimitLine({ name, limit, used }: { name: (typeof shown)[number] } & Limits[keyof Limits]) {
  const share = limit > 0 ? Math.min(1, used / limit) : 1
  const amount = name === 'bytes' ? bytesOf : numberOf
  return (
    <li className={styles.limit} data-full={share >= 1 || undefined}>
      <span>{words.keys.limits[name]}</span>
      <span className="numbers">{words.keys.of(amount(used), amount(limit))}</span>
      <span className={styles.bar} aria-hidden>
        <span style={{ inlineSize: `${share * 100}%` }} />
      </span>
      {share >= 1 && name !== 'running' && <span className={styles.full}>{words.keys.full}</span>}
    </li>
  )
}

const dateOf = (time: string): string =>
  new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium' }).format(new Date(time))
