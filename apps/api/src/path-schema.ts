import { idSchema, type IdKind } from '@atelier/contracts'
import { z } from 'zod'

/** Schema of a path with `:id`. An id of the wrong form is answered like one that does not exist. */
export const pathSchema = (kind: IdKind) => z.object({ id: idSchema(kind) })
