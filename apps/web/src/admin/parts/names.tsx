import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { pathOfPlace } from '../place.js'
import { admin } from '../server/queries.js'
import styles from './parts.module.css'

/** Most names of one request. */
const most = 100

let batch: { ids: Set<string>; names: Promise<Map<string, string>> } | undefined

/** Looks a name up, together with all others that are asked for in the same moment; null: it is gone. */
async function nameOf(id: string): Promise<string | null> {
  if (!batch || batch.ids.size === most) {
    const ids = new Set<string>()
    const names = Promise.resolve().then(async () => {
      if (batch?.ids === ids) batch = undefined
      const { data } = await admin.names([...ids])
      return new Map(data.map((one) => [one.id, one.name]))
    })
    batch = { ids, names }
  }
  const { ids, names } = batch
  ids.add(id)
  return (await names).get(id) ?? null
}

/** The name of an owner or a key, which never changes; undefined until it is known, and when it is gone. */
const useName = (id: string): string | null | undefined =>
  useQuery({ queryKey: ['admin', 'name', id], queryFn: () => nameOf(id), staleTime: Infinity }).data

/** An owner by name, as a link to what there is of it. */
export function OwnerLink({ id }: { id: string }) {
  const name = useName(id)
  return (
    <Link href={pathOfPlace('owners', id)} className={name ? undefined : styles.code} title={id} dir="auto">
      {name ?? id}
    </Link>
  )
}

/** A key by name, as a link to what was done with it. */
export function KeyLink({ id }: { id: string }) {
  const name = useName(id)
  return (
    <Link href={`${pathOfPlace('audit')}?key=${id}`} className={name ? undefined : styles.code} title={id} dir="auto">
      {name ?? id}
    </Link>
  )
}
