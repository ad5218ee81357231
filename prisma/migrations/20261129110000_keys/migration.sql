-- AlterTable
ALTER TABLE "keys" ADD COLUMN "expires_at" TIMESTAMPTZ(3);
UPDATE "keys" SET "scopes" = (SELECT array_agg(s ORDER BY s = 'admin') FROM (SELECT DISTINCT unnest("scopes") AS s) AS each)
WHERE cardinality("scopes") <> (SELECT count(DISTINCT s) FROM unnest("scopes") AS s);

-- CreateTable
CREATE TABLE "sign_in_links" (
    "secret_hash" TEXT NOT NULL,
    "key_id" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "sign_in_links_pkey" PRIMARY KEY ("secret_hash")
);

-- CreateTable
CREATE TABLE "browser_sessions" (
    "token_hash" TEXT NOT NULL,
    "key_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "browser_sessions_pkey" PRIMARY KEY ("token_hash")
);

-- CreateIndex
CREATE INDEX "sign_in_links_key_id_idx" ON "sign_in_links"("key_id");
CREATE INDEX "browser_sessions_key_id_idx" ON "browser_sessions"("key_id");
CREATE INDEX "idempotency_keys_created_at_idx" ON "idempotency_keys"("created_at");
CREATE INDEX "idempotency_keys_resource_id_idx" ON "idempotency_keys"("resource_id");

-- AddForeignKey
ALTER TABLE "sign_in_links" ADD CONSTRAINT "sign_in_links_key_id_fkey" FOREIGN KEY ("key_id") REFERENCES "keys"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "browser_sessions" ADD CONSTRAINT "browser_sessions_key_id_fkey" FOREIGN KEY ("key_id") REFERENCES "keys"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Whoever changes what a key or a browser session may do, also by hand, tells every API process.
CREATE FUNCTION "notify_key_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('atelier_keys', CASE TG_TABLE_NAME WHEN 'keys' THEN to_jsonb(OLD)->>'id' ELSE to_jsonb(OLD)->>'token_hash' END);
  RETURN NULL;
END $$;
CREATE TRIGGER "keys_changed" AFTER UPDATE OF "revoked_at", "expires_at", "scopes", "owner_id" OR DELETE ON "keys"
  FOR EACH ROW EXECUTE FUNCTION "notify_key_changed"();
CREATE TRIGGER "browser_sessions_changed" AFTER UPDATE OF "expires_at", "key_id" OR DELETE ON "browser_sessions"
  FOR EACH ROW EXECUTE FUNCTION "notify_key_changed"();

-- A kept answer must not outlive what it describes. By trigger, so that no way of deleting can forget it.
CREATE FUNCTION "forget_kept_answers"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "idempotency_keys" SET "status" = 410, "body" = NULL, "finished_at" = now()
  WHERE "resource_id" IN (SELECT "id" FROM "gone");
  RETURN NULL;
END $$;
CREATE TRIGGER "sessions_gone" AFTER DELETE ON "sessions" REFERENCING OLD TABLE AS "gone"
  FOR EACH STATEMENT EXECUTE FUNCTION "forget_kept_answers"();
CREATE TRIGGER "turns_gone" AFTER DELETE ON "turns" REFERENCING OLD TABLE AS "gone"
  FOR EACH STATEMENT EXECUTE FUNCTION "forget_kept_answers"();
CREATE TRIGGER "generations_gone" AFTER DELETE ON "generations" REFERENCING OLD TABLE AS "gone"
  FOR EACH STATEMENT EXECUTE FUNCTION "forget_kept_answers"();
CREATE TRIGGER "images_gone" AFTER DELETE ON "images" REFERENCING OLD TABLE AS "gone"
  FOR EACH STATEMENT EXECUTE FUNCTION "forget_kept_answers"();
