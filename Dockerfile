# docker build --target sluice .           Sluice
# docker build --target github-server .    the MCP server of the quickstart, to try it with
FROM rust:1.95-bookworm AS build
WORKDIR /sluice
COPY . .
RUN cargo build --release --locked --bin sluice --example github_server
# Who owns the directory in the image owns the volume that is mounted there.
RUN mkdir /socket

FROM gcr.io/distroless/cc-debian12:nonroot AS github-server
COPY --from=build /sluice/target/release/examples/github_server /
ENTRYPOINT ["/github_server", "0.0.0.0:8000"]

FROM gcr.io/distroless/cc-debian12:nonroot AS sluice
COPY --from=build /sluice/target/release/sluice /
COPY --from=build --chown=nonroot:nonroot /socket /run/sluice
ENTRYPOINT ["/sluice"]
