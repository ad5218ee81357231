# A worker on the CPU. From the repository's folder: docker build -f docker/worker.Dockerfile -t atelier-worker .
ARG NODE_VERSION=24.21.0

FROM node:${NODE_VERSION}-bookworm-slim AS build
WORKDIR /atelier
COPY .npmrc package.json package-lock.json prisma.config.ts tsconfig.base.json turbo.json ./
COPY apps ./apps
COPY docker ./docker
COPY infra ./infra
COPY packages ./packages
COPY prisma ./prisma
RUN npm ci --omit=dev && npx turbo run build

RUN node docker/production-files.mjs worker /production

# The packages of production alone, without ONNX Runtime's libraries for other systems. The CUDA provider is never asked for (.npmrc).
FROM node:${NODE_VERSION}-bookworm-slim AS packages
WORKDIR /atelier
COPY --from=build /production ./
RUN npm ci --omit=dev --ignore-scripts --workspace apps/worker \
  && rm -rf node_modules/onnxruntime-node/bin/napi-v6/darwin node_modules/onnxruntime-node/bin/napi-v6/win32
COPY --from=build /atelier/docker/sbom.mjs /tmp/
RUN node /tmp/sbom.mjs . atelier-worker > sbom.cdx.json

FROM node:${NODE_VERSION}-bookworm-slim
ENV NODE_ENV=production MODELS_DIRECTORY=/models DEVICE=cpu
LABEL org.opencontainers.image.version=0.1.0 org.opencontainers.image.licenses=Apache-2.0
WORKDIR /atelier
COPY --from=packages /atelier ./
USER node
HEALTHCHECK --interval=20s --timeout=10s --start-period=300s \
  CMD ["node", "apps/worker/dist/src/check-worker.js"]
CMD ["node", "apps/worker/dist/src/server.js"]
