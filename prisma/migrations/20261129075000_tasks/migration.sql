-- CreateTable
CREATE TABLE "tasks" (
    "name" TEXT NOT NULL,
    "began_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "tasks_pkey" PRIMARY KEY ("name")
);

-- CreateIndex
CREATE INDEX "sessions_updated_at_idx" ON "sessions"("updated_at");
