# The image of every role: `docker build -t wasl .`, then `docker run wasl run --role gateway …`.
# Two stages: what builds stays behind. It runs as user 10001 and writes to /var/lib/wasl and /tmp alone.

FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /source
COPY pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY schemas schemas
COPY mediators mediators
COPY registries registries
COPY channels channels
COPY config config
# The program's environment has no pip of its own: nothing can be installed into it later.
RUN python -m venv --without-pip /opt/wasl \
    && pip --python /opt/wasl/bin/python install .

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="wasl" \
      org.opencontainers.image.description="Health interoperability layer" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN python -m pip uninstall -y pip setuptools wheel \
    && groupadd --gid 10001 wasl \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin wasl \
    && install -d -o wasl -g wasl -m 0700 /var/lib/wasl \
    && install -d /etc/wasl
COPY --from=build /opt/wasl /opt/wasl
ENV PATH=/opt/wasl/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /var/lib/wasl
VOLUME /var/lib/wasl
# HTTP, MLLP, MLLP over TLS; 8081 where WASL_WATCH_PORT says so.
EXPOSE 8080 2575 2576 8081
STOPSIGNAL SIGTERM
# Mediation and delivery answer on the watch port, the others where their HTTP is: in clear, so give another check
# (or none: --no-healthcheck) together with http.certificate.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen('http://127.0.0.1:' + (os.environ.get('WASL_WATCH_PORT') or os.environ.get('WASL_HTTP_PORT') or '8080') + '/healthz', timeout=4)"]
ENTRYPOINT ["wasl"]
CMD ["run", "--data", "/var/lib/wasl"]
