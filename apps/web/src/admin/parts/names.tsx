import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { pathOfPlace } from '../place.js'
import { admin } from '../server/queries.js'
import styles from './parts.module.css'

/** The newest owners and keys whose names are looked up at once; of others the id is shown. */
const limit = 100

const useNames = (kind: 'owners' | 'keys', id: string): string | undefined =>
  useQuery({
    queryKey: ['admin', kind, 'names'],
    queryFn: async ({ signal }) => {
      const { data } = await (kind === 'owners'
        ? admin.owners({}, { limit, signal })
        : admin.keys({}, { limit, signal }))
      return new Map(data.map((one) => [one.id, one.name]))
    },
  }).data?.get(id)

/** An owner by name, as a link to what there is of it. */
export function OwnerLink({ id }: { id: string }) {
  const name = useNames('owners', id)
  return (
    <Link href={pathOfPlace('owners', id)} className={name ? undefined : styles.code} title={id} dir="auto">
      {name ?? id}
    </Link>
  )
}

/** A key by name. */
export function KeyName({ id }: { id: string }) {
  const name = useNames('keys', id)
  return (
    <span className={name ? undefined : styles.code} title={id} dir="auto">
      {name ?? id}
    </span>
  )
}
