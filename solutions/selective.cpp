#include "oscillon/solutions/selective.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <unordered_map>

#include "engine/base/utf8.hpp"

namespace oscillon {

namespace {

constexpr std::size_t most_positions = 64;

PositionSet all_positions(std::size_t positions) {
  return positions == most_positions ? ~PositionSet{0} : (PositionSet{1} << positions) - 1;
}

std::string subset_name(PositionSet set) {
  const char* separator = set >> 9 != 0 ? "-" : "";
  std::string name;
  for (std::size_t p = 1; p <= most_positions; ++p) {
    if (set >> (p - 1) & 1) name += (name.empty() ? "" : separator) + std::to_string(p);
  }
  // A single position of two digits would read as two positions.
  if (*separator != '\0' && name.find('-') == std::string::npos) name += '-';
  return name;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

PositionSet parse_subset(std::string_view text, std::size_t positions) {
  std::vector<std::string_view> numbers;
  if (text.find('-') != std::string_view::npos) {
    numbers = split(text, '-');
    if (numbers.back().empty()) numbers.pop_back();  // "10-" is position 10 alone
  } else {
    for (std::size_t i = 0; i < text.size(); ++i) numbers.push_back(text.substr(i, 1));
  }
  PositionSet set = 0;
  for (const std::string_view number : numbers) {
    std::size_t position = 0;
    const auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), position);
    if (error != std::errc() || end != number.data() + number.size() || position < 1 ||
        position > positions) {
      throw Error(Fault::usage, "in the structure, " + in_quotes(text) +
                                    " is not a set of positions from 1 to " +
                                    std::to_string(positions));
    }
    set |= PositionSet{1} << (position - 1);
  }
  if (set == 0) throw Error(Fault::usage, "the structure has an empty set of positions");
  return set;
}

using SplitWords = std::vector<std::vector<std::string_view>>;

SplitWords split_words(const std::vector<std::string>& words) {
  if (words.empty()) throw Error(Fault::bad_data, "there are no words to select");
  SplitWords letters;
  std::unordered_map<std::string_view, std::size_t> seen;
  for (std::size_t w = 0; w < words.size(); ++w) {
    const auto split = utf8::characters(words[w]);
    if (!split) throw WordError(w, in_quotes(words[w]) + " is not UTF-8 text");
    letters.push_back(*split);
    const std::size_t length = letters.back().size();
    if (length == 0 || length > most_positions) {
      throw WordError(w, "words must have from 1 to " + std::to_string(most_positions) +
                             " letters, not " + std::to_string(length));
    }
    if (length != letters.front().size()) {
      throw WordError(w, "the words must have one length: " + in_quotes(words.front()) + " has " +
                             std::to_string(letters.front().size()) + " letters and " +
                             in_quotes(words[w]) + " has " + std::to_string(length));
    }
    const auto [first, fresh] = seen.emplace(words[w], w);
    if (!fresh) {
      throw WordError(w, "the word " + in_quotes(words[w]) + " is number " +
                             std::to_string(first->second + 1) + " already");
    }
  }
  return letters;
}

// f_S: for each record the key of its neuron for the positions S.
std::vector<std::string> neuron_keys(const Records& records, PositionSet S) {
  std::vector<std::string> keys;
  for (const auto& fields : records.fields) {
    std::string key;
    for (std::size_t p = 0; p < fields.size(); ++p) {
      if ((S >> p & 1) == 0) continue;
      if (!key.empty()) key += records.separator;
      key.append(records.labels[p]).append(fields[p]);
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

// keys[l][s][r] is the neuron of subset s of family l that record r activates; those of the last
// family are the categories. A neuron whose key is taken by a lower family or a category gets
// primes.
using NeuronKeys = std::vector<std::vector<std::vector<std::string>>>;

NeuronKeys all_neuron_keys(const Records& records,
                           const std::vector<std::vector<PositionSet>>& layers) {
  NeuronKeys keys;
  std::set<std::string> taken(records.keys.begin(), records.keys.end());
  for (std::size_t l = 0; l + 1 < layers.size(); ++l) {
    keys.emplace_back();
    for (const PositionSet S : layers[l]) {
      std::vector<std::string> names = neuron_keys(records, S);
      const auto is_taken = [&](const std::string& key) { return taken.contains(key); };
      while (std::any_of(names.begin(), names.end(), is_taken)) {
        for (std::string& name : names) name += '\'';
      }
      keys.back().push_back(std::move(names));
    }
    for (const auto& names : keys.back()) taken.insert(names.begin(), names.end());
  }
  keys.push_back({records.keys});
  return keys;
}

void require_well_formed(const Records& records) {
  if (records.fields.empty() || records.fields.size() != records.keys.size()) {
    throw Error(Fault::bad_data, "records need a key each, and there must be one");
  }
  const std::size_t positions = records.labels.size();
  if (positions == 0 || positions > most_positions) {
    throw Error(Fault::bad_data, "records must have from 1 to " + std::to_string(most_positions) +
                                     " fields, not " + std::to_string(positions));
  }
  const std::set<std::string> labels(records.labels.begin(), records.labels.end());
  if (labels.size() != positions) throw Error(Fault::bad_data, "two fields have the same label");
  std::unordered_map<std::string_view, std::size_t> seen;
  std::set<std::vector<std::string>> distinct;
  std::unordered_map<std::string, std::size_t> position_of;
  for (std::size_t r = 0; r < records.fields.size(); ++r) {
    if (records.fields[r].size() != positions) {
      throw WordError(r, "there are " + std::to_string(records.fields[r].size()) + " fields, not " +
                             std::to_string(positions));
    }
    if (!seen.emplace(records.keys[r], r).second || !distinct.insert(records.fields[r]).second) {
      throw WordError(r, "the record " + in_quotes(records.keys[r]) + " comes twice");
    }
    // A feature must tell its position, and a hidden neuron's key its features.
    for (std::size_t p = 0; p < positions; ++p) {
      const std::string feature = records.labels[p] + records.fields[r][p];
      if (!records.separator.empty() && feature.find(records.separator) != std::string::npos) {
        throw WordError(r, "the feature " + in_quotes(feature) + " holds " +
                               in_quotes(records.separator) +
                               ", which separates the features in the keys of neurons");
      }
      const auto [known, fresh] = position_of.emplace(feature, p);
      if (!fresh && known->second != p) {
        throw WordError(r, "the feature " + in_quotes(feature) + " may belong to two fields");
      }
    }
  }
}

std::vector<PositionSet> single_positions(std::size_t positions) {
  std::vector<PositionSet> singles;
  for (std::size_t p = 0; p < positions; ++p) singles.push_back(PositionSet{1} << p);
  return singles;
}

// F_0 … F_L: the single positions, the hidden families, the set of all.
std::vector<std::vector<PositionSet>> families(const Structure& structure, std::size_t positions) {
  std::vector<std::vector<PositionSet>> all{single_positions(positions)};
  all.insert(all.end(), structure.hidden.begin(), structure.hidden.end());
  all.push_back({all_positions(positions)});
  return all;
}

}  // namespace

Structure parse_structure(std::string_view text, std::size_t positions) {
  Structure structure;
  if (text.empty()) return structure;
  for (const std::string_view family : split(text, ';')) {
    std::vector<PositionSet> sets;
    for (const std::string_view subset : split(family, ',')) {
      sets.push_back(parse_subset(subset, positions));
      if (std::count(sets.begin(), sets.end(), sets.back()) > 1) {
        throw Error(Fault::usage,
                    "the structure has the positions " + std::string(subset) + " twice in a layer");
      }
    }
    structure.hidden.push_back(std::move(sets));
  }
  if (structure.hidden.back() == std::vector<PositionSet>{all_positions(positions)}) {
    structure.hidden.pop_back();
  }
  return structure;
}

std::string structure_text(const Structure& structure) {
  std::string text;
  for (const auto& family : structure.hidden) {
    if (!text.empty()) text += ';';
    for (std::size_t s = 0; s < family.size(); ++s) {
      text += (s > 0 ? "," : "") + subset_name(family[s]);
    }
  }
  return text;
}

Structure sliding_windows(std::size_t positions, std::size_t layers) {
  const std::size_t most = std::max<std::size_t>(positions, 2) - 1;
  if (layers < 1 || layers > most) {
    throw Error(Fault::usage, "words of " + std::to_string(positions) +
                                  " letters have windows for 1 to " + std::to_string(most) +
                                  " layers, not " + std::to_string(layers));
  }
  Structure structure;
  for (std::size_t width = 2; width <= layers; ++width) {
    structure.hidden.emplace_back();
    for (std::size_t first = 0; first + width <= positions; ++first) {
      structure.hidden.back().push_back(all_positions(width) << first);
    }
  }
  return structure;
}

Records records_of(const std::vector<std::string>& words) {
  const SplitWords letters = split_words(words);
  const std::size_t length = letters.front().size();
  Records records;
  for (std::size_t p = 1; p <= length; ++p) {
    records.labels.push_back(padded_number(p, std::to_string(length).size()));
  }
  for (const auto& word : letters) records.fields.emplace_back(word.begin(), word.end());
  records.keys = words;
  return records;
}

std::size_t word_length(const std::vector<std::string>& words) {
  return split_words(words).front().size();
}

void require_cover(const Structure& structure, std::size_t positions) {
  const auto layers = families(structure, positions);
  for (std::size_t l = 1; l < layers.size(); ++l) {
    for (const PositionSet S : layers[l]) {
      PositionSet covered = 0;
      for (const PositionSet T : layers[l - 1]) {
        if ((T & S) == T) covered |= T;
      }
      if (covered != S) {
        throw Error(Fault::bad_data, "the structure is not a cover: the positions " +
                                         subset_name(S) + " of layer " + std::to_string(l) +
                                         " are fed only " +
                                         (covered == 0 ? "nothing" : subset_name(covered)) +
                                         " by the subsets of the layer below that lie inside");
      }
    }
  }
}

template <NetworkValue T>
Problem<T> selective_problem(const Records& records, const Structure& structure,
                             const std::vector<double>& betas) {
  require_well_formed(records);
  require_cover(structure, records.labels.size());
  const auto layers = families(structure, records.labels.size());
  const NeuronKeys keys = all_neuron_keys(records, layers);

  // (+) I(f_S, f_T) over max: equal entries, of different records or subsets, stay 1.
  const auto connect = [&](std::size_t to, std::size_t from) {
    std::vector<std::string_view> k1, k2;
    for (std::size_t s = 0; s < layers[to].size(); ++s) {
      for (std::size_t t = 0; t < layers[from].size(); ++t) {
        if ((layers[from][t] & layers[to][s]) != layers[from][t]) continue;
        k1.insert(k1.end(), keys[to][s].begin(), keys[to][s].end());
        k2.insert(k2.end(), keys[from][t].begin(), keys[from][t].end());
      }
    }
    return AssocArray<T>::from_triples(k1, k2, ValueArray<T>(k1.size(), T(1)), Collision::max);
  };

  const std::vector<T> layer_betas = betas_of<T>(betas, layers.size() - 1);
  std::vector<AssocArray<T>> weights;
  for (std::size_t l = 0; l + 1 < layers.size(); ++l) weights.push_back(connect(l + 1, l));
  return problem_of(exact_network(weights, layer_betas),
                    connect(layers.size() - 1, 0).transposed());
}

template <NetworkValue T>
Problem<T> selective_problem(const std::vector<std::string>& words, const Structure& structure,
                             const std::vector<double>& betas) {
  return selective_problem<T>(records_of(words), structure, betas);
}

#define OSCILLON_INSTANTIATE_SELECTIVE(T)                                                  \
  template Problem<T> selective_problem(const Records&, const Structure&,                  \
                                        const std::vector<double>&);                       \
  template Problem<T> selective_problem(const std::vector<std::string>&, const Structure&, \
                                        const std::vector<double>&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_SELECTIVE)
#undef OSCILLON_INSTANTIATE_SELECTIVE

}  // namespace oscillon
