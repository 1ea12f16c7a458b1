# Debian's redis-server where the official image of Redis cannot be pulled: same programs, port, folder and user.
# Call it as `command: [redis-server, ...]`, which the official image takes too. Unlike that, it answers other hosts only with
# a password or with `--protected-mode no`.
ARG BASE=docker.io/library/debian:bookworm-slim

FROM ${BASE} AS root
RUN apt-get update && apt-get install --yes --no-install-recommends redis-server
COPY images/gather /usr/local/bin/
ARG SOURCE_DATE_EPOCH=0
RUN gather /root /usr/bin/redis-server /usr/bin/redis-cli && mkdir /root/data && chown 999:999 /root/data

FROM scratch
COPY --from=root /root /
LABEL org.opencontainers.image.title="Stand-in for Redis" \
      org.opencontainers.image.description="Debian's redis-server, for tests where the official image cannot be pulled"
ENV PATH=/usr/bin
USER 999:999
WORKDIR /data
EXPOSE 6379
CMD ["redis-server", "--protected-mode", "no"]
