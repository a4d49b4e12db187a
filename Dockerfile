# The one artifact: the Lambda that answers every task, with the machines it belongs to. `./build.sh` builds it.
# BASE_IMAGE is any image with glibc 2.28 or later and Python 3.11 or later; BUILD_IMAGE is the same for the machine that
# builds. The platforms BuildKit knows by itself; the classic builder is told.
ARG BASE_IMAGE=public.ecr.aws/lambda/python:3.13
ARG BUILD_IMAGE=${BASE_IMAGE}
ARG BUILD_PLATFORM=linux/amd64
ARG TARGET_PLATFORM=${BUILD_PLATFORM}

FROM --platform=${BUILDPLATFORM:-${BUILD_PLATFORM}} ${BUILD_IMAGE} AS build
ARG EXTRAS=
ARG TARGETARCH=
ARG SOURCE_DATE_EPOCH=315532800
ENV PYTHONHASHSEED=0
WORKDIR /build
COPY image/layers.py requirements.txt requirements-deployer.txt ./
RUN python3 layers.py requirements /out/requirements "${EXTRAS}" "${TARGETARCH}"
COPY . ./
RUN python3 layers.py code /out/code "${EXTRAS}"

# Nothing runs here: the other architecture needs no emulation, and a changed task makes one small layer.
FROM --platform=${TARGETPLATFORM:-${TARGET_PLATFORM}} ${BASE_IMAGE}
ARG REVISION=
ARG MACHINES=
ENV PYTHONPATH=/opt/monostep
USER 993:990
ENTRYPOINT ["python3", "-m", "handler"]
COPY --from=build /out/requirements /
WORKDIR /var/task
COPY --from=build /out/code /
LABEL org.opencontainers.image.revision=${REVISION} monostep.machines=${MACHINES}
