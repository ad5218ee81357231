/** The sections of the dashboard, in the order in which they are listed. */
export const sections = ['now', 'workers', 'queue', 'owners', 'storage', 'webhooks', 'audit'] as const
/** See {@link sections}. */
export type Section = (typeof sections)[number]

/** What the address names: a section, and perhaps one thing in it. */
export interface Place {
  section: Section
  /** Of a generation in `queue`, of an owner in `owners`. */
  id: string | null
}

const withParts: Partial<Record<Section, RegExp>> = { queue: /^gen_[0-9a-z]{16}$/, owners: /^own_[0-9a-z]{16}$/ }

/** What a path below the base path names; null: nothing. */
export function placeOf(path: string): Place | null {
  const [root = '', section = 'now', id = null, ...more] = path.split('/').filter(Boolean)
  if (!/^admin(\.html)?$/.test(root) || more.length || !isSection(section)) return null
  if (id !== null && !withParts[section]?.test(id)) return null
  return { section, id }
}

const isSection = (name: string): name is Section => sections.some((section) => section === name)

/** The path of a section, or of one thing in it. */
export const pathOfPlace = (section: Section, id?: string): string =>
  section === 'now' ? '/admin' : `/admin/${section}${id ? `/${id}` : ''}`
