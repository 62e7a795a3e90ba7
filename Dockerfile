# syntax=docker/dockerfile:1
# The gateway as a container: docker build -t switchyard .
#
# The config is /etc/switchyard/proxy.yaml; mount its folder, so that a change of it is seen. The server listens on all
# addresses of the container, and so refuses to start without `auth.keys`.

FROM --platform=$BUILDPLATFORM denoland/deno:2.9.6 AS build
WORKDIR /src
COPY . .
ARG TARGETARCH=amd64
RUN case "$TARGETARCH" in \
      amd64) target=x86_64-unknown-linux-gnu ;; \
      arm64) target=aarch64-unknown-linux-gnu ;; \
      *) echo "there is no build for $TARGETARCH" >&2; exit 1 ;; \
    esac \
    && deno task compile --target "$target" --output /switchyard

# glibc, libgcc and CA certificates; no shell and no package manager.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /switchyard /usr/local/bin/switchyard
USER 65532:65532
WORKDIR /etc/switchyard
EXPOSE 8787
HEALTHCHECK --interval=30s --timeout=6s --start-period=5s --retries=3 CMD ["/usr/local/bin/switchyard", "health"]
ENTRYPOINT ["/usr/local/bin/switchyard"]
CMD ["serve", "--host", "0.0.0.0"]
