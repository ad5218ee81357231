-- How many generations a worker makes at once. One of a version before does not say so, and makes one.
ALTER TABLE "workers" ADD COLUMN "batch_size" INTEGER NOT NULL DEFAULT 1;
