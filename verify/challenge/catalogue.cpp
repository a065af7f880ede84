#include "oscillon/verify/challenge/catalogue.hpp"

namespace oscillon::challenge {

const Size& size_of(Index neurons) {
  std::string known;
  for (const Size& size : sizes) {
    if (size.neurons == neurons) return size;
    known += (known.empty() ? "" : ", ") + std::to_string(size.neurons);
  }
  throw Error(Fault::usage, "no official problem has " + std::to_string(neurons) +
                                " neurons a layer: there are " + known);
}

std::string categories_name(Index neurons, Index depth) {
  return "neuron" + std::to_string(neurons) + "-l" + std::to_string(depth) + "-categories.tsv";
}

}  // namespace oscillon::challenge
