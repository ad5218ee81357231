import { newId, type AdminAction, type AdminActionsQuery, type Page } from '@atelier/contracts'
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
}

/** Row → entry. */
export const toAction = ({ createdAt, ...row }: AdminActionModel): AdminAction => ({
  ...row,
  createdAt: createdAt.toISOString(),
})

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
  list: ({ target, ...query }) =>
    page(
      query,
      ({ where, ...rest }) => client.adminAction.findMany({ where: { ...where, ...(target && { target }) }, ...rest }),
      toAction,
    ),
})
