-- Uploads are stored as what was decoded of them, so the hash of the bytes that were sent has a column of its own.
-- Older rows have none: their files are the bytes that were sent (except masks), and `sha256` is the hash of those.

-- AlterTable
ALTER TABLE "images" ADD COLUMN "source_sha256" TEXT;

-- CreateIndex
CREATE INDEX "images_owner_id_source_sha256_idx" ON "images"("owner_id", "source_sha256");
