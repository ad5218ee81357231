-- A failure that may be its worker's is tried again on another worker; a worker says why it takes no work.

-- AlterTable
ALTER TABLE "generations" ADD COLUMN "failed_attempts" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN "failed_by" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- AlterTable
ALTER TABLE "workers" ADD COLUMN "unhealthy_reason" TEXT;
