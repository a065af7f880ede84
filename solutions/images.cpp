#include "oscillon/solutions/images.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <numeric>

#include "solutions/containment.hpp"

namespace oscillon {

namespace {

constexpr Index most_letters = 26;
constexpr std::size_t most_pairs = 100'000'000;

std::string pixel_key(Index row, Index column) {
  return {static_cast<char>('a' + row), static_cast<char>('a' + column)};
}

// A layer's neurons and which of them each image has, by block.
struct Hidden {
  std::vector<std::string> keys;
  std::vector<std::map<Index, Index>> of_image;  // block -> neuron
};

// The place of a pixel among height x width, by its key.
Index place_of(std::string_view key, const ImageSets& images) {
  return static_cast<Index>(key[0] - 'a') * images.width + static_cast<Index>(key[1] - 'a');
}

// What image `i` shows, block by block: the pixels at positions in images.pixels.
std::map<Index, std::vector<Index>> shown_by_block(const ImageSets& images,
                                                   const Partition& partition, Index i) {
  std::map<Index, std::vector<Index>> shown;
  for (Index p = images.sets.offsets[i]; p < images.sets.offsets[i + 1]; ++p) {
    const Index pixel = images.sets.indices[p];
    shown[partition[place_of(images.pixels[pixel], images)]].push_back(pixel);
  }
  return shown;
}

Hidden hidden_layer(const ImageSets& images, const Partition& partition, std::size_t number) {
  const Index count = images.categories.size();
  const Index blocks = *std::max_element(partition.begin(), partition.end()) + 1;
  const std::size_t block_digits = std::to_string(blocks).size();
  const std::size_t pattern_digits = std::to_string(count).size();
  Hidden layer;
  layer.of_image.resize(count);
  std::map<std::pair<Index, std::vector<Index>>, Index> patterns;
  std::map<Index, Index> patterns_of_block;
  for (Index i = 0; i < count; ++i) {
    for (auto& [block, shown] : shown_by_block(images, partition, i)) {
      const auto [at, fresh] = patterns.try_emplace({block, std::move(shown)}, layer.keys.size());
      if (fresh) {
        layer.keys.push_back("h" + std::to_string(number) + "." +
                             padded_number(block + 1, block_digits) + "." +
                             padded_number(++patterns_of_block[block], pattern_digits));
      }
      layer.of_image[i][block] = at->second;
    }
  }
  return layer;
}

// The block of `above` that each block of `below` lies in, as far as pixels are lit in some image.
std::vector<Index> parents(const ImageSets& images, const Partition& below, const Partition& above,
                           std::size_t layer) {
  constexpr Index none = ~Index{0};
  std::vector<Index> parent(*std::max_element(below.begin(), below.end()) + 1, none);
  for (Index p = 0; p < images.pixels.size(); ++p) {
    const Index pixel = place_of(images.pixels[p], images);
    Index& of = parent[below[pixel]];
    if (of != none && of != above[pixel]) {
      throw Error(Fault::usage, "the blocks of hidden layer " + std::to_string(layer) +
                                    " are not made of whole blocks of the layer below");
    }
    of = above[pixel];
  }
  return parent;
}

}  // namespace

ImageSets image_sets(const IdxImages& images, const std::vector<std::uint8_t>& labels, Index count,
                     const ImageOptions& options) {
  if (count == 0 || count > images.count) count = images.count;
  if (!(options.threshold >= 0 && options.threshold < 1)) {
    throw Error(Fault::usage, "the threshold must be at least 0 and below 1, not " +
                                  std::to_string(options.threshold));
  }
  if (!labels.empty() && labels.size() < count) {
    throw Error(Fault::bad_data, "there are " + std::to_string(labels.size()) + " labels for " +
                                     std::to_string(count) + " images");
  }
  const bool nothing_left = images.height <= 2 * options.trim || images.width <= 2 * options.trim;
  ImageSets made;
  made.height = nothing_left ? 0 : images.height - 2 * options.trim;
  made.width = nothing_left ? 0 : images.width - 2 * options.trim;
  if (nothing_left || made.height > most_letters || made.width > most_letters) {
    throw Error(Fault::usage, "images of " + std::to_string(images.height) + " x " +
                                  std::to_string(images.width) + " trimmed by " +
                                  std::to_string(options.trim) +
                                  " a side: from 1 x 1 to 26 x 26 pixels must be left, for two "
                                  "letters to name each");
  }
  std::vector<std::string> names;
  const std::size_t digits = std::to_string(count).size();
  for (Index i = 0; i < count; ++i) {
    names.push_back((labels.empty() ? "" : std::to_string(labels[i]) + ".") +
                    padded_number(i + 1, digits));
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  std::vector<Index> place;
  std::tie(made.categories, place) = KeySet::index(views);
  std::vector<Index> image_at(count);
  for (Index i = 0; i < count; ++i) image_at[place[i]] = i;

  const double least = options.threshold * 255;
  std::vector<std::uint8_t> lit(made.height * made.width, 0);
  const auto for_each_lit = [&](Index image, auto&& visit) {
    const std::uint8_t* pixels = images.image(image);
    for (Index row = 0; row < made.height; ++row) {
      for (Index column = 0; column < made.width; ++column) {
        if (pixels[(row + options.trim) * images.width + column + options.trim] > least) {
          visit(row * made.width + column);
        }
      }
    }
  };
  for (Index i = 0; i < count; ++i) for_each_lit(i, [&](Index pixel) { lit[pixel] = 1; });
  std::vector<Index> position(lit.size());
  std::vector<std::string> keys;
  for (Index pixel = 0; pixel < lit.size(); ++pixel) {
    position[pixel] = keys.size();
    if (lit[pixel] != 0) keys.push_back(pixel_key(pixel / made.width, pixel % made.width));
  }
  made.pixels = KeySet(keys);
  made.sets.rows = count;
  made.sets.columns = keys.size();
  for (Index c = 0; c < count; ++c) {
    for_each_lit(image_at[c], [&](Index pixel) { made.sets.indices.push_back(position[pixel]); });
    made.sets.offsets.push_back(made.sets.indices.size());
  }
  made.sets.values.assign(made.sets.indices.size(), 1);
  return made;
}

Domination find_domination(const ImageSets& images, int threads) {
  Domination found;
  found.pairs = contained_pairs(images.sets, threads, most_pairs);
  if (found.pairs.size() >= most_pairs) {
    throw Error(Fault::out_of_memory, "more than " + std::to_string(most_pairs) +
                                          " pairs of images lie within each other; take another "
                                          "threshold, or fewer images");
  }
  std::vector<std::uint8_t> dominated(images.categories.size(), 0);
  const auto& offsets = images.sets.offsets;
  Index last_duplicate = ~Index{0};
  for (const auto& [inner, outer] : found.pairs) {
    const bool equal = offsets[inner + 1] - offsets[inner] == offsets[outer + 1] - offsets[outer];
    if (equal && outer < inner && last_duplicate != inner) {
      ++found.duplicates;
      last_duplicate = inner;
    }
    if (!equal || outer < inner) dominated[inner] = 1;
  }
  for (Index i = 0; i < dominated.size(); ++i) {
    if (dominated[i] == 0) found.kept.push_back(i);
  }
  return found;
}

ImageSets only(const ImageSets& images, const std::vector<Index>& kept) {
  ImageSets made;
  made.categories = images.categories.at(kept);
  made.pixels = images.pixels;
  made.height = images.height;
  made.width = images.width;
  made.sets.rows = kept.size();
  made.sets.columns = images.sets.columns;
  for (const Index i : kept) {
    made.sets.indices.insert(
        made.sets.indices.end(),
        images.sets.indices.begin() + static_cast<std::ptrdiff_t>(images.sets.offsets[i]),
        images.sets.indices.begin() + static_cast<std::ptrdiff_t>(images.sets.offsets[i + 1]));
    made.sets.offsets.push_back(made.sets.indices.size());
  }
  made.sets.values.assign(made.sets.indices.size(), 1);
  return made;
}

Partition rectangles(const ImageSets& images, Index height, Index width) {
  Partition partition(images.height * images.width);
  const Index across = (images.width + width - 1) / width;
  for (Index pixel = 0; pixel < partition.size(); ++pixel) {
    partition[pixel] = pixel / images.width / height * across + pixel % images.width / width;
  }
  return partition;
}

std::vector<Partition> parse_blocks(std::string_view text, const ImageSets& images) {
  std::vector<Partition> partitions;
  const char* at = text.data();
  const char* end = at + text.size();
  const auto fail = [&] {
    throw Error(Fault::usage, "the blocks " + in_quotes(text) + " should be written like 2x2,6x6");
  };
  while (true) {
    Index height = 0, width = 0;
    auto parsed = std::from_chars(at, end, height);
    if (parsed.ec != std::errc() || parsed.ptr == end || *parsed.ptr != 'x') fail();
    parsed = std::from_chars(parsed.ptr + 1, end, width);
    if (parsed.ec != std::errc() || height == 0 || width == 0 || height > most_letters ||
        width > most_letters)
      fail();
    partitions.push_back(rectangles(images, height, width));
    if (parsed.ptr == end) return partitions;
    if (*parsed.ptr != ',') fail();
    at = parsed.ptr + 1;
  }
}

Partition partition_of(const AssocArray<bool>& blocks, const ImageSets& images) {
  constexpr Index none = ~Index{0};
  const Triples<bool> entries = blocks.where(Comparison::not_equal, false).matrix().triples();
  std::map<std::string_view, Index> block_of;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto [at, fresh] =
        block_of.emplace(blocks.row_keys()[entries.rows[i]], entries.columns[i]);
    if (!fresh) {
      throw Error(Fault::bad_data, "the pixel " + in_quotes(at->first) + " is in two blocks");
    }
  }
  // Pixels that no image lights may be left out; they are a block each, which harms nobody.
  Partition partition(images.height * images.width, none);
  Index next = blocks.column_keys().size();
  for (Index p = 0; p < images.pixels.size(); ++p) {
    const auto at = block_of.find(images.pixels[p]);
    if (at == block_of.end()) {
      throw Error(Fault::bad_data, "the pixel " + in_quotes(images.pixels[p]) + " is in no block");
    }
    partition[place_of(images.pixels[p], images)] = at->second;
  }
  for (Index& block : partition) {
    if (block == none) block = next++;
  }
  return partition;
}

template <NetworkValue T>
Problem<T> image_problem(const ImageSets& images, const std::vector<Partition>& hidden,
                         const std::vector<double>& betas) {
  const std::vector<T> layer_betas = betas_of<T>(betas, hidden.size() + 1);
  Compressed<T> single;
  single.rows = images.sets.rows;
  single.columns = images.sets.columns;
  single.offsets = images.sets.offsets;
  single.indices = images.sets.indices;
  single.values.assign(single.indices.size(), T(1));
  const AssocArray<T> W(images.categories, images.pixels, Matrix<T>::from_compressed(single));

  std::vector<AssocArray<T>> weights;
  Hidden lower;  // none at the pixels
  for (std::size_t h = 0; h < hidden.size(); ++h) {
    const std::vector<Index> parent =
        h == 0 ? std::vector<Index>{} : parents(images, hidden[h - 1], hidden[h], h + 1);
    const Hidden layer = hidden_layer(images, hidden[h], h + 1);
    std::vector<std::string_view> to, from;
    std::vector<std::uint8_t> connected(layer.keys.size(), 0);
    for (Index i = 0; i < layer.of_image.size(); ++i) {
      // The first image that has a neuron shows what feeds it.
      std::map<Index, Index> fresh;
      for (const auto& [block, neuron] : layer.of_image[i]) {
        if (std::exchange(connected[neuron], 1) == 0) fresh.emplace(block, neuron);
      }
      const auto connect = [&](Index block, std::string_view key) {
        const auto neuron = fresh.find(block);
        if (neuron == fresh.end()) return;
        to.push_back(layer.keys[neuron->second]);
        from.push_back(key);
      };
      if (h > 0) {
        for (const auto& [block, neuron] : lower.of_image[i]) {
          connect(parent[block], lower.keys[neuron]);
        }
        continue;
      }
      for (const auto& [block, shown] : shown_by_block(images, hidden[h], i)) {
        for (const Index pixel : shown) connect(block, images.pixels[pixel]);
      }
    }
    weights.push_back(AssocArray<T>::identity(to, from));
    lower = layer;
  }
  if (hidden.empty()) {
    weights.push_back(W);
  } else {
    std::vector<std::string_view> to, from;
    for (Index i = 0; i < lower.of_image.size(); ++i) {
      for (const auto& [block, neuron] : lower.of_image[i]) {
        to.push_back(images.categories[i]);
        from.push_back(lower.keys[neuron]);
      }
    }
    weights.push_back(AssocArray<T>::identity(to, from));
  }
  return problem_of(exact_network(weights, layer_betas), W.transposed());
}

#define OSCILLON_INSTANTIATE_IMAGES(T)                                               \
  template Problem<T> image_problem(const ImageSets&, const std::vector<Partition>&, \
                                    const std::vector<double>&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_IMAGES)
#undef OSCILLON_INSTANTIATE_IMAGES

}  // namespace oscillon
