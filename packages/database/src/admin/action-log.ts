import { newId, type AdminAction, type AdminActionsQuery, type ExportActionsQuery, type Page } from '@atelier/contracts'
import type { AdminAction as AdminActionModel, PrismaClient } from '../generated/client.js'
import { page } from '../prisma/page.js'
import { json } from '../prisma/rows.js'

/** The log of what operators do. The database refuses to change or delete its rows. */
export interface ActionLog {
  /** Writes an entry before the action. @returns its id */
  begin(action: Omit<AdminAction, 'id' | 'createdAt' | 'status'>): Promise<string>
  /** Adds the status of the answer. */
  end(id: string, status: number): Promise<void>
  /** Newest first. */
  list(query: AdminActionsQuery): Promise<Page<AdminAction>>
  /** All that fit, oldest first, read {@link exportedAtOnce} at a time. It ends with what there was when it began. */
  export(query: Omit<ExportActionsQuery, 'format'>): AsyncGenerator<AdminAction[]>
}

/** Row → entry. */
export const toAction = ({ createdAt, ...row }: AdminActionModel): AdminAction => ({
  ...row,
  createdAt: createdAt.toISOString(),
})

/** Filters as conditions on columns. */
const conditions = ({ target, key, owner, action }: Omit<AdminActionsQuery, 'limit' | 'cursor'>) => ({
  ...(target !== undefined && { target }),
  ...(key !== undefined && { keyId: key }),
  ...(owner !== undefined && { ownerId: owner }),
  ...(action !== undefined && { action }),
})

const exportedAtOnce = 500

async function* exportActions(
  client: PrismaClient,
  { from, to, ...filters }: Omit<ExportActionsQuery, 'format'>,
): AsyncGenerator<AdminAction[]> {
  const end = to === undefined ? new Date() : new Date(Math.min(Date.parse(to), Date.now()))
  const first = from === undefined ? undefined : new Date(from)
  for (let last: AdminActionModel | undefined, more = true; more;) {
    const rows: AdminActionModel[] = await client.adminAction.findMany({
      where: {
        ...conditions(filters),
        // as in a page of the list: an index begins at the bound by time alone
        createdAt: { lt: end, gte: last?.createdAt ?? first },
        ...(last && {
          OR: [{ createdAt: { gt: last.createdAt } }, { createdAt: last.createdAt, id: { gt: last.id } }],
        }),
      },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
      take: exportedAtOnce,
    })
    yield rows.map(toAction)
    last = rows.at(-1)
    more = rows.length === exportedAtOnce
  }
}

/** See {@link ActionLog}. */
export const actionLog = (client: PrismaClient): ActionLog => ({
  begin: async ({ body, ...action }) => {
    const id = newId('action')
    await client.adminAction.create({ data: { id, ...action, ...(body !== null && { body: json(body) }) } })
    return id
  },
  end: async (id, status) => {
    await client.adminAction.updateMany({ where: { id, status: null }, data: { status } })
  },
  list: ({ limit, cursor, ...filters }) =>
    page(
      { limit, ...(cursor !== undefined && { cursor }) },
      ({ where, ...rest }) => client.adminAction.findMany({ where: { ...where, ...conditions(filters) }, ...rest }),
      toAction,
    ),
  export: (query) => exportActions(client, query),
})
