-- The sessions of an owner by when they last changed.
CREATE INDEX "sessions_owner_id_updated_at_id_idx" ON "sessions"("owner_id", "updated_at", "id");

-- The newest generation of a session that has succeeded: its picture stands for the session in lists.
CREATE INDEX "generations_session_id_status_created_at_id_idx" ON "generations"("session_id", "status", "created_at", "id");
DROP INDEX "generations_session_id_status_idx";
