-- How many callers wait for what a key's request makes: the last one to leave may cancel it.
ALTER TABLE "idempotency_keys" ADD COLUMN "callers" INTEGER NOT NULL DEFAULT 0;
