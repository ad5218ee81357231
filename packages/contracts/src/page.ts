import { z } from 'zod'

/** Schema of the query of every list: `limit` 1–100, default 20; `cursor` from the previous page. */
export const pageQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(200).optional(),
})
/** Query of a list. */
export type PageQuery = z.infer<typeof pageQuerySchema>
/** Schema of a page of a list. `nextCursor` is null on the last page. */
export const pageSchema = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item), nextCursor: z.string().nullable() })
/** A page of a list. */
export interface Page<T> {
  data: T[]
  nextCursor: string | null
}
