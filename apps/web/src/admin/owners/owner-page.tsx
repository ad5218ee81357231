import { useQuery } from '@tanstack/react-query'
import { ArrowLeft } from 'lucide-react'
import { Link } from 'wouter'
import { bytesOf, numberOf } from '../../messages/amounts.js'
import { adminWords } from '../../messages/admin-words.js'
import { Facts } from '../parts/facts.js'
import { Loaded } from '../parts/loaded.js'
import { Panel } from '../parts/panel.js'
import parts from '../parts/parts.module.css'
import { Moment } from '../parts/time.js'
import { pathOfPlace } from '../place.js'
import { admin } from '../server/queries.js'
import { Keys } from './keys.js'
import { Limits } from './limits.js'
import { Sessions } from './sessions.js'

const { owners: words } = adminWords

/** One owner: what it has and does, its limits, keys and sessions. */
export function OwnerPage({ id }: { id: string }) {
  const query = useQuery({ queryKey: ['admin', 'owner', id], queryFn: ({ signal }) => admin.owner(id, { signal }) })
  return (
    <>
      <p>
        <Link href={pathOfPlace('owners')} className={parts.back}>
          <ArrowLeft size={16} aria-hidden /> {words.back}
        </Link>
      </p>
      <Loaded query={query}>
        {(owner) => (
          <>
            <Panel title={owner.name}>
              <Facts
                of={[
                  [
                    words.id,
                    <code key="id" className={parts.code}>
                      {owner.id}
                    </code>,
                  ],
                  [words.since, <Moment key="since" at={owner.createdAt} />],
                  [words.waiting, numberOf(owner.waiting)],
                  [words.running, numberOf(owner.running)],
                  [words.succeeded, numberOf(owner.succeeded)],
                  [words.failed, numberOf(owner.failed)],
                  [words.cancelled, numberOf(owner.cancelled)],
                  ...owner.storage.map(
                    ({ kind, images, bytes }) =>
                      [
                        adminWords.storage.kinds[kind],
                        adminWords.storage.amount(numberOf(images), bytesOf(bytes)),
                      ] as const,
                  ),
                  [
                    words.generations,
                    <Link key="generations" href={`${pathOfPlace('queue')}?owner=${id}`}>
                      {words.showGenerations}
                    </Link>,
                  ],
                  [
                    words.actions,
                    <Link key="actions" href={`${pathOfPlace('audit')}?owner=${id}`}>
                      {words.showActions}
                    </Link>,
                  ],
                ]}
              />
            </Panel>
            <Limits owner={owner} />
          </>
        )}
      </Loaded>
      <Keys ownerId={id} />
      <Sessions ownerId={id} />
    </>
  )
}
