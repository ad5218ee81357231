import type { LucideIcon } from 'lucide-react'
import {
  Activity,
  Cpu,
  HardDrive,
  LayoutGrid,
  ListOrdered,
  LogOut,
  MessageSquare,
  ScrollText,
  Users,
  Webhook,
} from 'lucide-react'
import { useEffect, useRef, type ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { basePath } from '../app/address.js'
import { fail } from '../app/failure.js'
import { lazyPart, loadPartsInIdleTime } from '../app/lazy-part.js'
import { Part } from '../app/part.js'
import { adminWords } from '../messages/admin-words.js'
import controls from '../theme/controls.module.css'
import styles from './dashboard.module.css'
import { NowSection } from './now/now-section.js'
import { Loaded } from './parts/loaded.js'
import { pathOfPlace, placeOf, sections, type Section } from './place.js'
import { LiveLine } from './server/live-line.js'
import { useFollowServer } from './server/live.js'
import { useMe } from './server/queries.js'

const { shell } = adminWords

const parts: Record<Section, { icon: LucideIcon; Content: (props: { id: string | null }) => ReactNode }> = {
  now: { icon: Activity, Content: NowSection },
  workers: { icon: Cpu, Content: lazyPart(() => import('./workers/workers-section.js')) },
  queue: { icon: ListOrdered, Content: lazyPart(() => import('./queue/queue-section.js')) },
  owners: { icon: Users, Content: lazyPart(() => import('./owners/owners-section.js')) },
  storage: { icon: HardDrive, Content: lazyPart(() => import('./storage/storage-section.js')) },
  webhooks: { icon: Webhook, Content: lazyPart(() => import('./webhooks/webhooks-section.js')) },
  audit: { icon: ScrollText, Content: lazyPart(() => import('./audit/audit-section.js')) },
}

/** Signs out. What the chat keeps in this browser goes, too, so its part of that is loaded now. */
const signOut = () => import('../keys/sign-out.js').then((part) => part.signOut(), fail)

/** The page at `/admin`: for admin keys. Whoever has another one is told so. */
export function Dashboard() {
  const me = useMe()
  return (
    <Loaded query={me}>
      {({ scopes, key }) => (scopes.includes('admin') ? <Frame /> : <NeedsAdmin name={key.name} />)}
    </Loaded>
  )
}

function NeedsAdmin({ name }: { name: string }) {
  useEffect(() => {
    document.title = shell.name
  }, [])
  return (
    <main className={styles.refusal}>
      <h1>{shell.needsAdmin}</h1>
      <p>{shell.needsAdminText(name)}</p>
      <p className={styles.ways}>
        <button type="button" className={controls.primary} onClick={() => void signOut()}>
          {shell.otherKey}
        </button>
        <a href={`${basePath}/`} className={controls.plain}>
          {shell.chat}
        </a>
      </p>
    </main>
  )
}

function Frame() {
  const [path] = useLocation()
  const place = placeOf(path)
  const heading = useRef<HTMLHeadingElement>(null)
  const before = useRef(path)
  useFollowServer()
  useEffect(loadPartsInIdleTime, [])
  const title = place ? shell.sections[place.section] : shell.nothingHere
  useEffect(() => {
    document.title = shell.title(title)
  }, [title])
  useEffect(() => {
    // Whoever went to another section goes on at its beginning, also by the keyboard.
    if (before.current === path) return
    before.current = path
    heading.current?.focus({ preventScroll: true })
    window.scrollTo(0, 0)
  }, [path])
  const { Content } = place ? parts[place.section] : { Content: Nothing }
  return (
    <div className={styles.frame}>
      <a
        className={styles.skip}
        href="#content"
        onClick={(event) => (event.preventDefault(), heading.current?.focus())}
      >
        {shell.skip}
      </a>
      <nav className={styles.nav} aria-label={shell.sectionsLabel}>
        <p className={styles.name}>{shell.name}</p>
        <ul>
          {sections.map((section) => {
            const { icon: Icon } = parts[section]
            return (
              <li key={section}>
                <Link
                  href={pathOfPlace(section)}
                  aria-current={place?.section === section ? (place.id ? 'true' : 'page') : undefined}
                >
                  <Icon size={18} aria-hidden />
                  {shell.sections[section]}
                </Link>
              </li>
            )
          })}
        </ul>
        <ul className={styles.ways}>
          <li>
            <a href={`${basePath}/admin/queues`}>
              <LayoutGrid size={18} aria-hidden /> {shell.board}
            </a>
          </li>
          <li>
            <a href={`${basePath}/`}>
              <MessageSquare size={18} aria-hidden /> {shell.chat}
            </a>
          </li>
          <li>
            <button type="button" onClick={() => void signOut()}>
              <LogOut size={18} aria-hidden /> {shell.signOut}
            </button>
          </li>
        </ul>
      </nav>
      <main className={styles.main} id="content">
        <header className={styles.head}>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          <LiveLine />
        </header>
        <Part key={path}>
          <Content id={place?.id ?? null} />
        </Part>
      </main>
    </div>
  )
}

const Nothing = () => (
  <p>
    <Link href={pathOfPlace('now')}>{shell.toNow}</Link>
  </p>
)
