# The service as an image: a static binary on an empty, non-root base.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=unknown
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /redis-sentinel-k8s ./cmd/redis-sentinel-k8s

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /redis-sentinel-k8s /redis-sentinel-k8s
# The numeric id of "nonroot": Kubernetes can check runAsNonRoot only on a number.
USER 65532:65532
EXPOSE 26379 9121
ENTRYPOINT ["/redis-sentinel-k8s"]
