-- AlterTable
ALTER TABLE "owners" ADD COLUMN     "old_turn_secret" TEXT,
ADD COLUMN     "old_turn_secret_until" TIMESTAMPTZ(3),
ADD COLUMN     "turn_secret" TEXT;

-- AlterTable
ALTER TABLE "webhooks" ADD COLUMN     "turn_id" TEXT,
ALTER COLUMN "secret" DROP NOT NULL;

-- CreateIndex
CREATE UNIQUE INDEX "webhooks_turn_id_key" ON "webhooks"("turn_id");

-- CreateIndex
CREATE INDEX "webhooks_owner_id_turn_id_created_at_id_idx" ON "webhooks"("owner_id", "turn_id", "created_at", "id");

-- DropIndex
DROP INDEX "webhooks_owner_id_created_at_id_idx";

-- AddForeignKey
ALTER TABLE "webhooks" ADD CONSTRAINT "webhooks_turn_id_fkey" FOREIGN KEY ("turn_id") REFERENCES "turns"("id") ON DELETE CASCADE ON UPDATE CASCADE;
