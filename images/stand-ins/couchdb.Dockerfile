# npm's pouchdb-server on Debian's Node.js where the official image of CouchDB cannot be pulled: same protocol, port, user, data
# folder and variables (COUCHDB_USER, COUCHDB_PASSWORD). The context `peers` is build/peers, where scripts/setup.sh --test
# installs pouchdb-server.
ARG BASE=docker.io/library/debian:bookworm-slim

FROM ${BASE} AS root
RUN apt-get update && apt-get install --yes --no-install-recommends nodejs
COPY --from=peers node_modules /root/opt/pouchdb/node_modules
COPY images/stand-ins/couchdb.js /root/opt/pouchdb/
COPY images/gather /usr/local/bin/
ARG SOURCE_DATE_EPOCH=0
RUN mkdir -p /root/opt/couchdb/data && chown 5984:5984 /root/opt/couchdb/data && gather /root /usr/bin/node /usr/share/nodejs

FROM scratch
COPY --from=root /root /
LABEL org.opencontainers.image.title="Stand-in for CouchDB" \
      org.opencontainers.image.description="npm's pouchdb-server, for tests where the official image cannot be pulled"
USER 5984:5984
WORKDIR /opt/couchdb/data
EXPOSE 5984
ENTRYPOINT ["/usr/bin/node", "/opt/pouchdb/couchdb.js"]
