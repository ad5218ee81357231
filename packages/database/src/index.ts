export type { AdminRepository } from './admin/admin-repository.js'
export type { BrowserToken, Credentials, TokenOwner } from './admin/credentials.js'
export type { GenerationStoryRow } from './admin/work-list.js'
export type { Outdated } from './admin/housekeeping.js'
export { hashToken } from './admin/token.js'
export type { Wakeups } from './listen.js'
export type { EventRepository } from './log/event-log.js'
export { LostClaimError, type WorkResult } from './log/end-generation.js'
export { migrate } from './migrate/migrate.js'
export { MigrationError } from './migrate/migrations.js'
export { openDatabase, type Database } from './open-database.js'
export type { OwnerRepositories } from './owner/for-owner.js'
export type { GenerationRepository } from './owner/generation-repository.js'
export type { IdempotencyRepository, IdempotencyUse } from './owner/idempotency-repository.js'
export type { ImageRepository } from './owner/image-repository.js'
export type { LimitsRepository } from './owner/owner-limits.js'
export { needsOf, type RestoredImage, type RestoredSession } from './owner/restore-session.js'
export type { SessionContentRepository, SessionOutline } from './owner/session-content.js'
export type { ListedSessionRow, SessionPageRow, SessionRepository } from './owner/session-repository.js'
export type { PlannedTurn, TurnPlan } from './owner/plan-turn.js'
export type { NewTurn, TurnRepository } from './owner/turn-repository.js'
export type { PlacedTurnRow, TurnPageRow } from './owner/turn-pages.js'
export type {
  AdminGenerationRow,
  GenerationRow,
  GenerationSummaryRow,
  ImageRow,
  LogEventRow,
  NewImage,
  TurnRow,
} from './prisma/rows.js'
export { isDatabaseOutage } from './prisma/translate-error.js'
export { ClaimTooEarlyError } from './queue/fair-share.js'
export type { EndedCount, QueueDepth } from './queue/generation-stats.js'
export type { DeliveryRepository, DeliveryResult, DueDelivery } from './work/delivery-repository.js'
export type { ClaimedGeneration } from './work/claim.js'
export type { NewWorkerReport, WorkRepository } from './work/work-repository.js'
