# The images that a node's pods need before anything can be pulled. Kubernetes' own pods call their program by its name, so
# that one image with all of them serves under every name; the context has them as they shall lie in it.
FROM scratch AS node-programs
COPY programs/ /

FROM scratch AS coredns
COPY coredns /coredns
ENTRYPOINT ["/coredns"]

FROM scratch AS pause
COPY pause /pause
ENTRYPOINT ["/pause"]

FROM scratch AS busybox
COPY busybox/ /
ENTRYPOINT ["/bin/sh"]
