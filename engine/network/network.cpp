#include "oscillon/network/network.hpp"

#include <algorithm>

#include "oscillon/algebra/array_algebra.hpp"

namespace oscillon {

namespace {

constexpr std::string_view bias_key = "bias";

std::string layer_name(std::size_t index) {
  return "layer " + std::to_string(index);
}

// The bias column of layer `index` as one value a neuron.
template <NetworkValue T>
std::vector<T> bias_values(const AssocArray<T>& bias, const KeySet& outputs, std::size_t index) {
  const Triples<T> entries = bias.matrix().triples();
  const KeySet named = bias.rows();
  const std::string unknown = keys_missing_from(outputs, named);
  if (!unknown.empty()) {
    throw ShapeError("the bias of " + layer_name(index) +
                     " names neurons that its weights do not have: " + unknown);
  }
  if (const KeySet columns = bias.columns(); columns.size() > 1) {
    throw ShapeError("the bias of " + layer_name(index) + " must be one column; it has " +
                     keys_missing_from(KeySet(), columns));
  }
  std::vector<T> values(outputs.size(), T(0));
  for (std::size_t i = 0; i < entries.size(); ++i) {
    values[*outputs.find(bias.row_keys()[entries.rows[i]])] = entries.values[i];
  }
  return values;
}

// The keys of the neurons between layer `index` - 1 and layer `index`.
KeySet aligned(const KeySet& written, const KeySet& read, std::size_t index, Alignment alignment) {
  if (written == read) return written;
  if (alignment == Alignment::unite) return KeyMerge::unite(written, read).keys;
  const std::string before = layer_name(index - 1);
  const std::string after = layer_name(index);
  const std::string unread = keys_missing_from(read, written);
  const std::string unwritten = keys_missing_from(written, read);
  std::string text = before + " (" + std::to_string(written.size()) + " outputs) and " + after +
                     " (" + std::to_string(read.size()) + " inputs) do not meet:";
  if (!unread.empty()) text += " " + after + " does not read " + unread + ";";
  if (!unwritten.empty()) text += " " + before + " does not have " + unwritten + ";";
  text.back() = '.';
  throw ShapeError(text + " Name the neurons alike, or align by uniting the keys");
}

}  // namespace

template <NetworkValue T>
Network<T>::Network(const std::vector<AssocArray<T>>& weights,
                    const std::vector<AssocArray<T>>& biases, LayerRules<T> rules,
                    NetworkOptions options) {
  if (weights.empty() || weights.size() != biases.size()) {
    throw ShapeError("a network needs a bias for each of one or more layers, not " +
                     std::to_string(biases.size()) + " biases for " +
                     std::to_string(weights.size()) + " layers");
  }
  keys_.push_back(weights.front().column_keys());
  for (std::size_t l = 1; l < weights.size(); ++l) {
    keys_.push_back(
        aligned(weights[l - 1].row_keys(), weights[l].column_keys(), l, options.alignment));
  }
  keys_.push_back(weights.back().row_keys());
  for (std::size_t l = 0; l < weights.size(); ++l) {
    const AssocArray<T> W = weights[l].over(keys_[l + 1], keys_[l]);
    layers_.push_back(std::make_shared<const Layer<T>>(
        W.matrix().clone(), bias_values(biases[l], keys_[l + 1], l), rules));
  }
}

template <NetworkValue T>
Network<T>::Network(std::vector<std::shared_ptr<const Layer<T>>> layers, std::vector<KeySet> keys)
    : layers_(std::move(layers)), keys_(std::move(keys)) {
  check_chain();
}

template <NetworkValue T>
Network<T>::Network(std::vector<std::shared_ptr<const Layer<T>>> layers)
    : layers_(std::move(layers)) {
  if (layers_.empty()) throw ShapeError("a network needs at least one layer");
  const auto keys_for = [this](Index count) {
    for (const KeySet& made : keys_) {
      if (made.size() == count) return made;
    }
    return KeySet::numbered(count);
  };
  keys_.push_back(keys_for(layers_.front()->inputs()));
  for (const auto& layer : layers_) keys_.push_back(keys_for(layer->outputs()));
  check_chain();
}

template <NetworkValue T>
void Network<T>::check_chain() const {
  if (layers_.empty() || keys_.size() != layers_.size() + 1) {
    throw ShapeError(
        "a network of " + std::to_string(layers_.size()) +
        " layers needs keys before each and after the last, and at least one layer; it has " +
        std::to_string(keys_.size()) + " sets of keys");
  }
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer<T>& layer = *layers_[l];
    if (layer.inputs() == keys_[l].size() && layer.outputs() == keys_[l + 1].size()) continue;
    throw ShapeError(layer_name(l) + " is " + std::to_string(layer.outputs()) + " x " +
                     std::to_string(layer.inputs()) + ", but stands between " +
                     std::to_string(keys_[l].size()) + " neurons and " +
                     std::to_string(keys_[l + 1].size()) +
                     (l > 0 ? " after " + layer_name(l - 1) : ""));
  }
}

template <NetworkValue T>
Index Network<T>::edges() const {
  Index edges = 0;
  for (const auto& layer : layers_) edges += layer->edges();
  return edges;
}

template <NetworkValue T>
AssocArray<T> Network<T>::weights(std::size_t index) const {
  return AssocArray<T>(
      keys_.at(index + 1), keys_.at(index),
      Matrix<T>::from_compressed(layers_[index]->weights().compressed(Orientation::by_row)));
}

template <NetworkValue T>
AssocArray<T> Network<T>::bias(std::size_t index) const {
  const auto bias = layers_.at(index)->bias();
  Triples<T> entries;
  for (Index i = 0; i < bias.size(); ++i) {
    if (bias[i] != T(0)) entries.add(i, 0, bias[i]);
  }
  return AssocArray<T>(keys_[index + 1], KeySet{bias_key},
                       Matrix<T>::build(bias.size(), 1, entries));
}

// Throws ShapeError where layer `index` cannot be one of a network in single arrays.
template <NetworkValue T>
void require_collapsible(const Layer<T>& first, const Layer<T>& layer, std::size_t index) {
  const LayerRules<T>& a = first.rules();
  const LayerRules<T>& b = layer.rules();
  const auto refuse = [](const std::string& why) {
    throw ShapeError(why + ", so they cannot be collapsed into one array");
  };
  const std::string both = "layers 0 and " + std::to_string(index);
  if (a.product != b.product) refuse(both + " differ in their product");
  const bool agree = first.bias_rules_agree() && layer.bias_rules_agree();
  if (a.bias_on != b.bias_on && !agree) refuse(both + " differ in their bias rule");
  if (b.bias_on == BiasOn::stored || b.bias_on == BiasOn::nonzero || agree) return;
  refuse("the layers have the bias rule " + std::string(name_of(b.bias_on)) + ", by which " +
         layer_name(index) + " would give values to neurons without inputs in every iteration");
}

// One value for all rows where they agree.
template <class V>
OneOrEach<V> one_or_each(std::vector<V> each) {
  OneOrEach<V> made(std::move(each));
  const std::optional<V> common = made.common();
  return common ? OneOrEach<V>(*common) : made;
}

template <NetworkValue T>
Collapsed<T> Network<T>::collapse() const {
  Collapsed<T> collapsed;
  collapsed.iterations = depth();
  collapsed.input_keys = input_keys();
  KeySet all = input_keys();
  for (std::size_t l = 0; l < depth(); ++l) {
    require_collapsible(*layers_.front(), *layers_[l], l);
    const KeyMerge shared = KeyMerge::intersect(all, keys_[l + 1]);
    if (!shared.keys.empty()) {
      throw KeyError(
          "the key " + in_quotes(shared.keys[0]) + " after " + layer_name(l) +
          " names an earlier neuron too: to collapse a network, every neuron needs a key "
          "of its own");
    }
    all = KeyMerge::unite(all, keys_[l + 1]).keys;
  }
  Triples<T> W, b;
  // Nothing feeds the inputs, so theirs may be those of any other neuron.
  std::vector<std::optional<T>> caps(all.size(), layers_.front()->rules().cap[0]);
  std::vector<Activation> of_neurons(all.size(), layers_.front()->rules().activation[0]);
  for (std::size_t l = 0; l < depth(); ++l) {
    const std::vector<Index> from = KeyMerge::intersect(all, keys_[l]).left;
    const std::vector<Index> to = KeyMerge::intersect(all, keys_[l + 1]).left;
    const Triples<T> layer = layers_[l]->weights().triples();
    for (std::size_t i = 0; i < layer.size(); ++i) {
      W.add(to[layer.rows[i]], from[layer.columns[i]], layer.values[i]);
    }
    for (Index i = 0; i < layers_[l]->outputs(); ++i) {
      if (layers_[l]->bias()[i] != T(0)) b.add(to[i], 0, layers_[l]->bias()[i]);
      caps[to[i]] = layers_[l]->rules().cap[i];
      of_neurons[to[i]] = layers_[l]->rules().activation[i];
    }
  }
  collapsed.weights = AssocArray<T>(all, all, Matrix<T>::build(all.size(), all.size(), W));
  collapsed.bias = AssocArray<T>(all, KeySet{bias_key}, Matrix<T>::build(all.size(), 1, b));
  collapsed.rules = {.cap = one_or_each(std::move(caps)),
                     .bias_on = layers_.front()->rules().bias_on,
                     .activation = one_or_each(std::move(of_neurons)),
                     .product = layers_.front()->rules().product};
  return collapsed;
}

template <NetworkValue T>
Network<T> Collapsed<T>::iterated() const {
  const auto layer = std::make_shared<const Layer<T>>(
      weights.matrix().clone(), bias_values(bias, weights.row_keys(), 0), rules);
  return Network<T>(std::vector<std::shared_ptr<const Layer<T>>>(iterations, layer),
                    std::vector<KeySet>(iterations + 1, weights.row_keys()));
}

template <NetworkValue T>
Network<T> Collapsed<T>::expand() const {
  std::vector<std::shared_ptr<const Layer<T>>> layers;
  std::vector<KeySet> keys{input_keys};
  for (std::size_t l = 0; l < iterations; ++l) {
    const auto columns = KeyMerge::intersect(weights.column_keys(), keys.back()).left;
    const AssocArray<T> read = weights.select(all_keys(), positions(columns));
    const KeySet reached = read.rows();
    const auto rows = KeyMerge::intersect(weights.row_keys(), reached).left;
    const AssocArray<T> W = read.select(positions(rows), all_keys());
    const auto biased = KeyMerge::intersect(bias.row_keys(), reached).left;
    LayerRules<T> own = rules;
    std::vector<std::optional<T>> caps;
    std::vector<Activation> of_rows;
    for (const Index row : rows) {
      caps.push_back(rules.cap[row]);
      of_rows.push_back(rules.activation[row]);
    }
    own.cap = one_or_each(std::move(caps));
    own.activation = one_or_each(std::move(of_rows));
    layers.push_back(std::make_shared<const Layer<T>>(
        W.over(reached, keys.back()).matrix().clone(),
        bias_values(bias.select(positions(biased), all_keys()), reached, l), std::move(own)));
    keys.push_back(reached);
  }
  return Network<T>(std::move(layers), std::move(keys));
}

#define OSCILLON_INSTANTIATE_NETWORK(T) \
  template class Network<T>;            \
  template struct Collapsed<T>;
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_NETWORK)
#undef OSCILLON_INSTANTIATE_NETWORK

}  // namespace oscillon
