-- What operators have done. A row is written before the action, and gets its status once, after it.
CREATE TABLE "admin_actions" (
    "id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "owner_id" TEXT NOT NULL,
    "key_id" TEXT NOT NULL,
    "request_id" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "target" TEXT,
    "body" JSONB,
    "status" INTEGER,
    CONSTRAINT "admin_actions_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "admin_actions_created_at_id_idx" ON "admin_actions"("created_at", "id");

CREATE FUNCTION "keep_admin_actions"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.status IS NULL AND NEW.status IS NOT NULL
    AND to_jsonb(NEW) - 'status' = to_jsonb(OLD) - 'status' THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'The log of what operators have done is only added to.' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER "admin_actions_kept" BEFORE UPDATE OR DELETE ON "admin_actions"
  FOR EACH ROW EXECUTE FUNCTION "keep_admin_actions"();
CREATE TRIGGER "admin_actions_not_emptied" BEFORE TRUNCATE ON "admin_actions"
  FOR EACH STATEMENT EXECUTE FUNCTION "keep_admin_actions"();
