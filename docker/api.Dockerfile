# The API with the web page. From the repository's folder: docker build -f docker/api.Dockerfile -t atelier-api .
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

RUN node docker/production-files.mjs api /production

# The packages of production alone.
FROM node:${NODE_VERSION}-bookworm-slim AS packages
WORKDIR /atelier
COPY --from=build /production ./
RUN npm ci --omit=dev --ignore-scripts --workspace apps/api
COPY --from=build /atelier/docker/sbom.mjs /tmp/
RUN node /tmp/sbom.mjs . atelier-api > sbom.cdx.json

FROM node:${NODE_VERSION}-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 MODELS_DIRECTORY=/models
LABEL org.opencontainers.image.version=0.1.0 org.opencontainers.image.licenses=Apache-2.0
WORKDIR /atelier
COPY --from=packages /atelier ./
USER node
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health/ready').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "apps/api/dist/src/server.js"]
