# flowaudit with git, which `flowaudit gate --against` asks for another revision.
FROM rust:1.95-slim-bookworm AS build
WORKDIR /build
COPY . .
RUN cargo install --locked --path . --root /out

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/* \
    # The repository is mounted and belongs to somebody else.
    && git config --system --add safe.directory '*'
COPY --from=build /out/bin/flowaudit /usr/local/bin/flowaudit
WORKDIR /work
ENTRYPOINT ["flowaudit"]
