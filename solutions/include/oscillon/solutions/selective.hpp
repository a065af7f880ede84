// Exact DNN solutions that select known categories: words over positional letters. Source: the
// paper, section V.
//
// A hidden neuron stands for a subset S of the positions and the letters that a word has there; its
// key joins the features it needs: "1t2h". Where that key is a word or stands in a lower layer too,
// primes are added: "1t2h'". A structure says which subsets form each layer; the last
// layer holds the set of all positions, whose neurons are the categories, keyed by the words
// themselves. Then
//   W_l = (+)_{S in F_(l+1), T in F_l, T subset of S} I(f_S, f_T), values clamped to 1,
// with F_0 the single positions. It is exact when each S is the union of the T that feed it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "oscillon/solutions/problem.hpp"

namespace oscillon {

// A set of positions: bit p - 1 stands for position p.
using PositionSet = std::uint64_t;

// The families of hidden layers, lowest first; none for a single layer.
struct Structure {
  std::vector<std::vector<PositionSet>> hidden;
  std::size_t layers() const { return hidden.size() + 1; }
};

// Reads "12,23,34;123,234": families separated by `;`, subsets by `,`, a subset as its positions,
// one digit each, or joined by `-` ("1-2-10"; "10-" is 10 alone). The last family may be left out
// or given as the set of all positions. Throws Error(usage) that says which part is malformed.
Structure parse_structure(std::string_view text, std::size_t positions);

// The same as text: "12,23,34;123,234"; empty for a single layer.
std::string structure_text(const Structure& structure);

// The structure of `layers` layers whose hidden layer l holds all windows of l + 1 neighbouring
// positions: {12,23} for three letters, {12,23,34}, {123,234} for four (the paper's figures 7 and
// 8). Throws Error(usage) for more layers than there are windows for: `positions` - 1, or 1.
Structure sliding_windows(std::size_t positions, std::size_t layers);

// What is to be told apart: records of one field for each position. The feature of field p is
// labels[p] followed by its value.
struct Records {
  std::vector<std::string> labels;
  std::vector<std::vector<std::string>> fields;
  std::vector<std::string> keys;  // of the categories
  std::string separator;          // between the features in a hidden neuron's key
};

// Words as records of letters: the letter t at position 1 is the feature "1t". Words are distinct
// UTF-8 strings of one length, counted in characters; throws WordError for one that is not, and
// Error(bad_data) when there is none.
Records records_of(const std::vector<std::string>& words);

// A fault of words[word], or of that record.
class WordError : public Error {
 public:
  WordError(std::size_t word, const std::string& message)
      : Error(Fault::bad_data, message), word_(word) {}
  std::size_t word() const noexcept { return word_; }

 private:
  std::size_t word_;
};

// The number of letters of each word. Throws as records_of does.
std::size_t word_length(const std::vector<std::string>& words);

// Throws Error(bad_data) that names the subset which is not the union of the subsets below it.
void require_cover(const Structure& structure, std::size_t positions);

// The problem of selecting these records. `betas` has one value a layer, or none for 1 everywhere.
// Throws WordError for a record that does not fit or comes twice, Error(bad_data) for a structure
// that is no cover.
template <NetworkValue T>
Problem<T> selective_problem(const Records& records, const Structure& structure = {},
                             const std::vector<double>& betas = {});

// The same for words.
template <NetworkValue T>
Problem<T> selective_problem(const std::vector<std::string>& words, const Structure& structure = {},
                             const std::vector<double>& betas = {});

#define OSCILLON_EXTERN_SELECTIVE(T)                                                              \
  extern template Problem<T> selective_problem(const Records&, const Structure&,                  \
                                               const std::vector<double>&);                       \
  extern template Problem<T> selective_problem(const std::vector<std::string>&, const Structure&, \
                                               const std::vector<double>&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_SELECTIVE)
#undef OSCILLON_EXTERN_SELECTIVE

}  // namespace oscillon
