-- AlterTable
ALTER TABLE "sessions" ADD COLUMN "active_turn_id" TEXT;
UPDATE "sessions" s SET "active_turn_id" = (SELECT t."id" FROM "turns" t WHERE t."session_id" = s."id" ORDER BY t."seq" DESC LIMIT 1);

-- AlterTable
ALTER TABLE "generations" ADD COLUMN "history_dropped" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN "device" TEXT,
ADD COLUMN "reproduction" JSONB;
UPDATE "generations" SET "parameters" = "parameters" || '{"keepUnmasked": false}';
UPDATE "events" SET "payload" = jsonb_set("payload", '{generations}', (
  SELECT coalesce(jsonb_agg(g || '{"historyDropped": [], "device": null, "reproduction": null}'
    || jsonb_build_object('parameters', g->'parameters' || '{"keepUnmasked": false}')), '[]')
  FROM jsonb_array_elements("payload"->'generations') g))
WHERE "type" = 'turn-created';

-- DropIndex
DROP INDEX "images_owner_id_idx";

-- CreateIndex
CREATE INDEX "images_owner_id_sha256_idx" ON "images"("owner_id", "sha256");

-- AddForeignKey
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_active_turn_id_fkey" FOREIGN KEY ("active_turn_id") REFERENCES "turns"("id") ON DELETE SET NULL ON UPDATE CASCADE;
