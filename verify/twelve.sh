#!/bin/sh
# Runs the twelve problems of the sparse DNN Challenge, made on the way: verify/twelve.sh IMAGES [FOLDER]
# IMAGES are MNIST's 60,000 training images (train-images-idx3-ubyte, also .gz). FOLDER (build/twelve) gets, for
# each problem, a record of the run and, once plain loops and plan semiring agree on some samples, its truth.
# OSCILLON_SIZES and OSCILLON_DEPTHS may name fewer.
set -eu
images=${1:?usage: verify/twelve.sh IMAGES [FOLDER]}
cd "$(dirname "$0")/.."
folder=${2:-build/twelve}
mkdir -p "$folder"
for neurons in ${OSCILLON_SIZES:-1024 4096 16384 65536}; do
  for depth in ${OSCILLON_DEPTHS:-120 480 1920}; do
    build/release/oscillon challenge run --inputs "$images" --neurons "$neurons" --depth "$depth" --seed 1 \
      --memory-limit 12GiB --verify 4 --truth-out "$folder/truth-$neurons-$depth.tsv" \
      --record "$folder/record-$neurons-$depth.json"
  done
done
