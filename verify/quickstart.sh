#!/bin/sh
# Two real jobs, done and checked: an exact DNN solution for the 37 two-letter words of the paper, and a
# sparse DNN Challenge run of 1024 neurons x 120 layers with 60,000 inputs.
#
# OSCILLON_CHALLENGE_DATA may name a folder that holds the official problem in full/ (../shared/challenge is
# looked at otherwise); where there is none, a problem of the same kind is made from Fashion-MNIST images.
set -eu
cd "$(dirname "$0")/.."
cmake/dependencies.sh
echo "Building …"
cmake --preset release >/dev/null
cmake --build build/release --target oscillon >/dev/null
oscillon=build/release/oscillon

echo
echo "== An exact solution: the 37 two-letter words, in every value type, layered and collapsed =="
$oscillon solve words verify/words/two-letter.txt --layers 1 --precision all

echo
official=${OSCILLON_CHALLENGE_DATA:-../shared/challenge}/full
if [ -d "$official/neuron1024" ]; then
  echo "== The official Challenge problem: 1024 neurons x 120 layers, 60,000 inputs =="
  $oscillon challenge run --inputs "$official/sparse-images-1024.tsv" --layers "$official" \
    --neurons 1024 --depth 120 --truth "$official/neuron1024-l120-categories.tsv" --verify 100
else
  echo "== A generated Challenge problem: 1024 neurons x 120 layers, 60,000 inputs =="
  problem=build/quickstart
  if [ ! -e "$problem/sparse-images-1024.tsv" ]; then
    $oscillon challenge make --neurons 1024 --depth 120 --seed 1 --output "$problem" \
      --inputs /usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz
  fi
  $oscillon challenge run --inputs "$problem/sparse-images-1024.tsv" --layers "$problem" \
    --neurons 1024 --depth 120 --samples 60000 --verify 300
fi
