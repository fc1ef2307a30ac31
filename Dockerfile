# syntax=docker/dockerfile:1
# The image of the operator: Node, two files of ours, and nothing that could be run by mistake. `npm run image:rootfs -- DIR` lays out
# the same files without a container engine.

# What is built does not depend on the architecture: it is built once, where the builder runs.
FROM --platform=$BUILDPLATFORM node:24.21.0-trixie-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
RUN node hack/image.ts rootfs /rootfs

FROM gcr.io/distroless/nodejs24-debian13:nonroot
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Spanferry" \
      org.opencontainers.image.description="Ferries trace files from object stores to an OpenTelemetry collector" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.vendor="The Spanferry authors" \
      org.opencontainers.image.source="https://github.com/spanferry/spanferry" \
      org.opencontainers.image.documentation="https://github.com/spanferry/spanferry/blob/main/docs/getting-started.md" \
      org.opencontainers.image.base.name="gcr.io/distroless/nodejs24-debian13:nonroot" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /rootfs/ /
# One arena for all threads: with one for each, what one of them freed is kept for nobody else, and some 30 MB stay with the process.
ENV NODE_ENV=production MALLOC_ARENA_MAX=1
USER 65532:65532
EXPOSE 8080
# What comes and goes stays within 50 MB a thread; by itself V8 lets it grow to three times as much, to save a few percent of CPU.
ENTRYPOINT ["/nodejs/bin/node", "--max-semi-space-size=16", "/app/spanferry.mjs"]
CMD ["operator"]
