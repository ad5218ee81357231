import type { AtelierError, ErrorBody } from '@atelier/contracts'

/** Body of an error answer. */
export const errorBody = (error: AtelierError, requestId: string): ErrorBody => ({
  error: {
    code: error.code,
    message: error.message,
    ...(error.details !== undefined && { details: error.details }),
    requestId,
  },
})
