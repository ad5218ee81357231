-- Turns by parent in order of creation: siblings, and the newest turn that follows another.
CREATE INDEX "turns_session_id_parent_turn_id_seq_idx" ON "turns"("session_id", "parent_turn_id", "seq");

-- The newest generations of a turn; what runs in a session.
CREATE INDEX "generations_turn_id_created_at_id_idx" ON "generations"("turn_id", "created_at", "id");
DROP INDEX "generations_turn_id_idx";
CREATE INDEX "generations_session_id_status_idx" ON "generations"("session_id", "status");
DROP INDEX "generations_session_id_idx";
