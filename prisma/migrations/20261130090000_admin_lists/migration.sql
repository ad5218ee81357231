-- For the lists of operators: each filter with an index that has its rows newest first.
CREATE INDEX "generations_owner_id_created_at_id_idx" ON "generations"("owner_id", "created_at", "id");
CREATE INDEX "generations_worker_id_created_at_id_idx" ON "generations"("worker_id", "created_at", "id");
CREATE INDEX "generations_model_created_at_id_idx" ON "generations"("model", "created_at", "id");
CREATE INDEX "generations_status_created_at_id_idx" ON "generations"("status", "created_at", "id");
-- schema.prisma cannot say this one
CREATE INDEX "generations_error_code_created_at_id_idx" ON "generations"(("error"->>'code'), "created_at", "id")
  WHERE "error" IS NOT NULL;

-- What an owner stores, by kind. images_owner_id_bytes_idx is not needed beside it once no older version runs.
CREATE INDEX "images_owner_id_kind_bytes_idx" ON "images"("owner_id", "kind", "bytes");

CREATE INDEX "admin_actions_owner_id_created_at_id_idx" ON "admin_actions"("owner_id", "created_at", "id");
CREATE INDEX "admin_actions_key_id_created_at_id_idx" ON "admin_actions"("key_id", "created_at", "id");
CREATE INDEX "admin_actions_action_created_at_id_idx" ON "admin_actions"("action", "created_at", "id");
