-- CreateEnum
CREATE TYPE "priority" AS ENUM ('interactive', 'background');

-- AlterTable
ALTER TABLE "generations" ADD COLUMN "priority" "priority" NOT NULL DEFAULT 'interactive',
ADD COLUMN "queue_tag" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN "kind" TEXT NOT NULL DEFAULT '';

-- CreateTable
CREATE TABLE "queue_clock" (
    "id" INTEGER NOT NULL,
    "virtual_time" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "queue_clock_pkey" PRIMARY KEY ("id")
);
INSERT INTO "queue_clock" ("id") VALUES (1);

-- CreateTable
CREATE TABLE "generation_times" (
    "kind" TEXT NOT NULL,
    "mean_ms" DOUBLE PRECISION NOT NULL,
    "count" INTEGER NOT NULL DEFAULT 1,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),

    CONSTRAINT "generation_times_pkey" PRIMARY KEY ("kind")
);

-- CreateIndex
CREATE INDEX "generations_status_queue_tag_created_at_id_kind_idx" ON "generations"("status", "queue_tag", "created_at", "id", "kind");

-- CreateIndex
CREATE INDEX "images_owner_id_bytes_idx" ON "images"("owner_id", "bytes");
