# A worker on an NVIDIA GPU. From the repository's folder: docker build -f docker/worker-cuda.Dockerfile -t atelier-worker-cuda .
ARG NODE_VERSION=24.21.0
# CUDA 13 with cuDNN 9: what the provider in the wheel of ONNX Runtime 1.30 is linked with
ARG CUDA_IMAGE=nvidia/cuda:13.0.1-cudnn-runtime-ubuntu24.04

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

# Fetches the CUDA provider that belongs to the version of onnxruntime-node in package-lock.json, from the Python wheel
# onnxruntime-gpu of the same version. The TensorRT provider is not used.
FROM node:${NODE_VERSION}-bookworm-slim AS packages
# SHA-256 of libonnxruntime_providers_cuda.so. The build prints it; once known, give it to hold later builds to it.
ARG CUDA_PROVIDER_SHA256=
WORKDIR /atelier
COPY --from=build /production ./
RUN npm ci --omit=dev --ignore-scripts --workspace apps/worker \
  && rm -rf node_modules/onnxruntime-node/bin/napi-v6/darwin node_modules/onnxruntime-node/bin/napi-v6/win32
COPY apps/standalone/bootstrap/cuda-install.mjs /tmp/
RUN node /tmp/cuda-install.mjs --no-check \
  && cd node_modules/onnxruntime-node/bin/napi-v6/linux/x64 \
  && if [ -n "$CUDA_PROVIDER_SHA256" ]; then echo "$CUDA_PROVIDER_SHA256  libonnxruntime_providers_cuda.so" | sha256sum --check --strict; fi
COPY --from=build /atelier/docker/sbom.mjs /tmp/
RUN node /tmp/sbom.mjs . atelier-worker-cuda > sbom.cdx.json

FROM node:${NODE_VERSION}-bookworm-slim AS node

FROM ${CUDA_IMAGE}
COPY --from=node /usr/local/bin/node /usr/local/bin/node
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates libstdc++6 && rm -rf /var/lib/apt/lists/* \
  && useradd --system --uid 10001 --no-create-home atelier
ENV NODE_ENV=production MODELS_DIRECTORY=/models DEVICE=cuda
LABEL org.opencontainers.image.version=0.1.0 org.opencontainers.image.licenses=Apache-2.0
WORKDIR /atelier
COPY --from=packages /atelier ./
USER atelier
HEALTHCHECK --interval=20s --timeout=10s --start-period=600s \
  CMD ["node", "apps/worker/dist/src/check-worker.js"]
CMD ["node", "apps/worker/dist/src/server.js"]
