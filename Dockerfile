# docker build -t scorefield .
# docker run --gpus all --shm-size 8g -it -v scorefield:/home/lab/scorefield scorefield
# Needs the NVIDIA Container Toolkit and a driver for CUDA 13 (580 or newer); without --gpus it
# runs on the CPU. The volume begins as a copy of the image, with its owner: models, samples and
# results stay in it. Several GPUs: -e LAUNCH="torchrun --standalone --nproc-per-node=gpu"
FROM nvidia/cuda:13.0.1-base-ubuntu24.04

ENV DEBIAN_FRONTEND=noninteractive PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends git make python3 python3-venv \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1001 lab \
    && install --directory --owner=lab --group=lab /home/lab/scorefield

WORKDIR /home/lab/scorefield
USER 1001
COPY --chown=lab:lab pyproject.toml constraints.txt Makefile ./
COPY --chown=lab:lab src src
RUN make install

COPY --chown=lab:lab . .
# DVC wants a repository; a checkout that was copied without .git becomes one
RUN test -d .git || git init -q
CMD ["make", "repro"]
