#include "oscillon/solutions/combinatoric.hpp"

#include <algorithm>
#include <numeric>
#include <random>
#include <unordered_set>

#include "oscillon/algebra/array_algebra.hpp"
#include "oscillon/base/checked.hpp"

namespace oscillon {

namespace {

constexpr Index most_categories = Index{1} << 30;

// The neurons of one node of the tree within a layer's rank of neurons.
struct Group {
  KeySet keys;
  std::vector<Index> at;          // of each key: its position among the keys of the rank
  std::vector<std::size_t> from;  // the groups of the rank below that feed it, in order
  std::vector<Index> order;       // of each key: which combination of the keys of `from` it is, the
                                  // last one varying fastest; empty: key i is combination i

  Index combination(Index key) const { return order.empty() ? key : order[key]; }
};

struct Rank {
  KeySet keys;
  std::vector<Group> groups;
};

Rank rank_of(std::vector<Group> groups) {
  if (groups.size() == 1) {
    Group& only = groups.front();
    only.at.resize(only.keys.size());
    std::iota(only.at.begin(), only.at.end(), Index{0});
    KeySet keys = only.keys;
    return {std::move(keys), std::move(groups)};
  }
  std::vector<std::string_view> all;
  for (const Group& group : groups) {
    for (Index i = 0; i < group.keys.size(); ++i) all.push_back(group.keys[i]);
  }
  auto [keys, positions] = KeySet::index(all);
  if (keys.size() != all.size()) {
    std::sort(all.begin(), all.end());
    throw KeyError("two neurons of a layer are called " +
                   in_quotes(*std::adjacent_find(all.begin(), all.end())) +
                   ": the feature sets must be distinctly labelled");
  }
  auto next = positions.begin();
  for (Group& group : groups) {
    const auto end = next + static_cast<std::ptrdiff_t>(group.keys.size());
    group.at.assign(next, end);
    next = end;
  }
  return {std::move(keys), std::move(groups)};
}

// The group whose keys are those of `from` joined in order.
Group joined(const Rank& below, std::vector<std::size_t> from, std::string_view separator) {
  Group group;
  group.keys = below.groups[from.front()].keys;
  for (std::size_t c = 1; c < from.size(); ++c) {
    const KeySet& right = below.groups[from[c]].keys;
    auto [keys, positions] = concatenated_keys(group.keys, right, separator);
    if (!group.order.empty() || !std::is_sorted(positions.begin(), positions.end())) {
      std::vector<Index> order(positions.size());
      for (Index p = 0; p < positions.size(); ++p) {
        order[positions[p]] = group.combination(p / right.size()) * right.size() + p % right.size();
      }
      group.order = std::move(order);
    }
    group.keys = std::move(keys);
  }
  group.from = std::move(from);
  return group;
}

// The group whose neurons pass on the values of another.
Group handed_on(const Rank& below, std::size_t from) {
  const KeySet& keys = below.groups[from].keys;
  std::vector<std::string> primed;
  for (Index i = 0; i < keys.size(); ++i) primed.push_back(std::string(keys[i]) + '\'');
  const std::vector<std::string_view> views(primed.begin(), primed.end());
  Group group;
  std::vector<Index> positions;
  std::tie(group.keys, positions) = KeySet::index(views);
  group.order.resize(positions.size());
  for (Index i = 0; i < positions.size(); ++i) group.order[positions[i]] = i;
  group.from = {from};
  return group;
}

// The nodes of a tree, each with what its neurons are fed by, cut into layers.
class Construction {
 public:
  Construction(const std::vector<KeySet>& features, const FeatureTree& tree,
               std::string_view separator)
      : separator_(separator) {
    if (tree.leaves() != features.size()) {
      throw Error(Fault::usage, "the tree has " + std::to_string(tree.leaves()) + " leaves for " +
                                    std::to_string(features.size()) + " feature sets");
    }
    Index categories = 1;
    for (const KeySet& set : features) {
      categories = checked_multiply(categories, set.size(), "combinations of features");
    }
    if (categories > most_categories) {
      throw Error(Fault::out_of_memory, "there are " + std::to_string(categories) +
                                            " combinations of features; at most " +
                                            std::to_string(most_categories) + " are built");
    }
    if (tree.height() == 0) throw Error(Fault::usage, "a tree of one leaf joins nothing");
    std::vector<Group> leaves;
    for (const KeySet& set : features) {
      if (set.empty()) throw Error(Fault::usage, "a feature set is empty");
      leaves.push_back({set, {}, {}, {}});
    }
    ranks_.push_back(rank_of(std::move(leaves)));
    // What each subtree is at the rank reached: the nodes whose groups stand there, in order.
    std::vector<const FeatureTree*> standing;
    add_leaves(tree, standing);
    for (std::size_t height = 1; height <= tree.height(); ++height) {
      std::vector<const FeatureTree*> next;
      std::vector<Group> groups;
      std::size_t at = 0;
      add_rank(tree, height, standing, at, next, groups);
      ranks_.push_back(rank_of(std::move(groups)));
      standing = std::move(next);
    }
  }

  const std::vector<Rank>& ranks() const { return ranks_; }

  template <NetworkValue T>
  std::shared_ptr<const Layer<T>> layer(std::size_t l, T beta) const {
    const Rank& below = ranks_[l];
    const Rank& above = ranks_[l + 1];
    Compressed<T> W;
    W.orientation = Orientation::by_column;
    W.rows = above.keys.size();
    W.columns = below.keys.size();
    W.offsets.assign(W.columns + 1, 0);
    std::vector<T> bias(W.rows);
    // Each group feeds one node, so its columns hold that node's neurons alone: of n combinations
    // of groups of which one has k neurons, n / k for each neuron.
    Index entries = 0;
    for (const Group& group : above.groups) {
      for (const std::size_t f : group.from) {
        const Group& from = below.groups[f];
        for (const Index column : from.at) {
          W.offsets[column + 1] = group.keys.size() / from.keys.size();
        }
        entries = checked_add(entries, group.keys.size(), "weights");
      }
      const T b = beta - static_cast<T>(group.from.size());
      for (const Index row : group.at) bias[row] = b;
    }
    std::partial_sum(W.offsets.begin(), W.offsets.end(), W.offsets.begin());
    W.indices.resize(entries);
    W.values.assign(entries, T(1));
    std::vector<Index> next(W.offsets.begin(), W.offsets.end() - 1);
    for (const Group& group : above.groups) {
      Index after = group.keys.size();
      for (const std::size_t f : group.from) {
        const Group& from = below.groups[f];
        after /= from.keys.size();
        for (Index key = 0; key < group.keys.size(); ++key) {
          const Index part = group.combination(key) / after % from.keys.size();
          W.indices[next[from.at[part]]++] = group.at[key];
        }
      }
    }
    return std::make_shared<const Layer<T>>(Matrix<T>::from_compressed(W), std::move(bias));
  }

  // The features, as positions among those of rank 0, of neuron `key` of a group.
  void add_features(std::size_t rank, std::size_t group, Index key,
                    std::vector<Index>& features) const {
    const Group& of = ranks_[rank].groups[group];
    if (rank == 0) {
      features.push_back(of.at[key]);
      return;
    }
    Index after = of.keys.size();
    for (const std::size_t f : of.from) {
      const Index count = ranks_[rank - 1].groups[f].keys.size();
      after /= count;
      add_features(rank - 1, f, of.combination(key) / after % count, features);
    }
  }

 private:
  static void add_leaves(const FeatureTree& tree, std::vector<const FeatureTree*>& leaves) {
    if (tree.children.empty()) leaves.push_back(&tree);
    for (const FeatureTree& child : tree.children) add_leaves(child, leaves);
  }

  // Adds the groups of rank `height` under `tree`: nodes of that height are joined from those that
  // stand on the rank below, lower ones are handed on.
  void add_rank(const FeatureTree& tree, std::size_t height,
                const std::vector<const FeatureTree*>& standing, std::size_t& at,
                std::vector<const FeatureTree*>& next, std::vector<Group>& groups) const {
    if (tree.height() > height) {
      for (const FeatureTree& child : tree.children) {
        add_rank(child, height, standing, at, next, groups);
      }
      return;
    }
    next.push_back(&tree);
    if (tree.height() < height || tree.children.size() == 1) {
      groups.push_back(handed_on(ranks_.back(), at++));
      return;
    }
    std::vector<std::size_t> from;
    for (std::size_t c = 0; c < tree.children.size(); ++c) from.push_back(at++);
    groups.push_back(joined(ranks_.back(), std::move(from), separator_));
  }

  std::string separator_;
  std::vector<Rank> ranks_;
};

// The positions of the categories that a problem asks for, ascending.
std::vector<Index> chosen(Index categories, const Sample& sample) {
  std::vector<Index> positions;
  if (sample.count == 0 || sample.count >= categories) {
    positions.resize(categories);
    std::iota(positions.begin(), positions.end(), Index{0});
    return positions;
  }
  std::mt19937_64 random(sample.seed);
  std::unordered_set<Index> taken;
  // Floyd's method: every subset of this size is equally likely.
  for (Index last = categories - sample.count; last < categories; ++last) {
    const Index draw = std::uniform_int_distribution<Index>(0, last)(random);
    taken.insert(taken.contains(draw) ? last : draw);
  }
  positions.assign(taken.begin(), taken.end());
  std::sort(positions.begin(), positions.end());
  return positions;
}

}  // namespace

std::size_t FeatureTree::leaves() const {
  if (children.empty()) return 1;
  std::size_t count = 0;
  for (const FeatureTree& child : children) count += child.leaves();
  return count;
}

std::size_t FeatureTree::height() const {
  std::size_t height = 0;
  for (const FeatureTree& child : children) height = std::max(height, child.height() + 1);
  return height;
}

FeatureTree parse_tree(std::string_view text) {
  std::size_t at = 0;
  std::size_t leaf = 0;
  const auto fail = [&](const std::string& what) {
    throw Error(Fault::usage, "in the tree " + in_quotes(text) + ", " + what + " should stand at " +
                                  std::to_string(at + 1) +
                                  "; write it like ((1,2),(3,4)), with the feature sets in order");
  };
  const auto parse = [&](auto&& self, int depth) -> FeatureTree {
    FeatureTree tree;
    if (depth > 64) fail("a shallower tree");
    if (at < text.size() && text[at] == '(') {
      do {
        ++at;
        tree.children.push_back(self(self, depth + 1));
      } while (at < text.size() && text[at] == ',');
      if (at >= text.size() || text[at] != ')') fail("a comma or a closing parenthesis");
      ++at;
      return tree;
    }
    const std::string number = std::to_string(++leaf);
    if (!text.substr(at).starts_with(number)) fail(number);
    at += number.size();
    return tree;
  };
  FeatureTree tree = parse(parse, 0);
  if (at != text.size()) fail("the end");
  return tree;
}

FeatureTree even_tree(std::size_t sets, std::size_t layers) {
  // The fewest children a node that reduce `sets` nodes to one in `layers` layers.
  std::size_t arity = 2;
  const auto nodes_left = [&] {
    std::size_t left = sets;
    for (std::size_t l = 0; l < layers; ++l) left = (left + arity - 1) / arity;
    return left;
  };
  while (nodes_left() > 1 && arity < sets) ++arity;
  std::vector<FeatureTree> nodes(sets);
  for (std::size_t l = 0; l < layers; ++l) {
    if (nodes.size() < 2) {
      throw Error(Fault::usage, std::to_string(sets) + " feature sets are too few for " +
                                    std::to_string(layers) + " layers, each of which joins some");
    }
    const std::size_t parents = l + 1 == layers ? 1 : (nodes.size() + arity - 1) / arity;
    std::vector<FeatureTree> above;
    for (std::size_t p = 0; p < parents; ++p) {
      FeatureTree parent;
      const auto begin = nodes.begin() + static_cast<std::ptrdiff_t>(p * nodes.size() / parents);
      const auto end =
          nodes.begin() + static_cast<std::ptrdiff_t>((p + 1) * nodes.size() / parents);
      if (end - begin == 1) {
        parent = *begin;
      } else {
        parent.children.assign(begin, end);
      }
      above.push_back(std::move(parent));
    }
    nodes = std::move(above);
  }
  return nodes.front();
}

std::vector<KeySet> lettered_features(std::size_t sets, std::size_t letters) {
  if (sets == 0 || letters == 0 || letters > 26) {
    throw Error(Fault::usage,
                "feature sets have from 1 to 26 letters, not " + std::to_string(letters));
  }
  std::vector<KeySet> features;
  for (std::size_t set = 1; set <= sets; ++set) {
    const std::string label = padded_number(set, std::to_string(sets).size());
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < letters; ++i) keys.push_back(label + static_cast<char>('a' + i));
    features.emplace_back(keys);
  }
  return features;
}

template <NetworkValue T>
Problem<T> combinatoric_problem(const std::vector<KeySet>& features, const FeatureTree& tree,
                                const CombinatoricOptions& options) {
  const Construction construction(features, tree, options.separator);
  const std::vector<Rank>& ranks = construction.ranks();
  const std::vector<T> betas = betas_of<T>(options.betas, ranks.size() - 1);
  std::vector<std::shared_ptr<const Layer<T>>> layers;
  std::vector<KeySet> keys{ranks.front().keys};
  for (std::size_t l = 0; l + 1 < ranks.size(); ++l) {
    layers.push_back(construction.layer<T>(l, betas[l]));
    keys.push_back(ranks[l + 1].keys);
  }
  const std::vector<Index> categories = chosen(keys.back().size(), options.sample);
  Triples<T> inputs;
  for (Index c = 0; c < categories.size(); ++c) {
    std::vector<Index> with;
    construction.add_features(ranks.size() - 1, 0, categories[c], with);
    for (const Index feature : with) inputs.add(feature, c, T(1));
  }
  const KeySet asked = keys.back().at(categories);
  return problem_of(Network<T>(std::move(layers), keys),
                    AssocArray<T>(keys.front(), asked,
                                  Matrix<T>::build(keys.front().size(), asked.size(), inputs)));
}

#define OSCILLON_INSTANTIATE_COMBINATORIC(T)                                               \
  template Problem<T> combinatoric_problem(const std::vector<KeySet>&, const FeatureTree&, \
                                           const CombinatoricOptions&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_COMBINATORIC)
#undef OSCILLON_INSTANTIATE_COMBINATORIC

}  // namespace oscillon
