// Sets of string keys: sorted bytewise, unique, immutable, in one arena of bytes. A key's position
// is the index of its row or column in a matrix. Copies share the arena.
#pragma once

#include <compare>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "oscillon/algebra/graphblas.hpp"

namespace oscillon {

// A half-open range of positions.
struct PositionRange {
  Index begin = 0;
  Index end = 0;
  Index size() const { return end - begin; }
};

class KeySet {
 public:
  KeySet();  // empty

  // The distinct keys of a list in any order.
  explicit KeySet(std::span<const std::string_view> keys);
  KeySet(std::initializer_list<std::string_view> keys)
      : KeySet(std::span<const std::string_view>(keys.begin(), keys.size())) {}
  explicit KeySet(const std::vector<std::string>& keys);

  // The distinct keys of a list, and for each element of the list its position among them.
  static std::pair<KeySet, std::vector<Index>> index(std::span<const std::string_view> keys);

  // "1", "2", … count, padded with zeros to one length, so that their order is that of the numbers.
  static KeySet numbered(Index count, Index first = 1);

  // The keys left[0] + separator + right[0], left[0] + separator + right[1], …; nothing when these
  // do not ascend in this order.
  static std::optional<KeySet> products_in_order(const KeySet& left, std::string_view separator,
                                                 const KeySet& right);

  Index size() const { return data_->offsets.size() - 1; }
  bool empty() const { return size() == 0; }
  std::string_view operator[](Index position) const {
    const Index begin = data_->offsets[position];
    return std::string_view(data_->bytes).substr(begin, data_->offsets[position + 1] - begin);
  }

  std::optional<Index> find(std::string_view key) const;
  bool contains(std::string_view key) const { return find(key).has_value(); }

  // The positions of a list of keys, in the order of the list. Throws KeyError naming the first
  // that is not there.
  std::vector<Index> find_all(std::span<const std::string_view> keys) const;

  // The keys k with first <= k <= last.
  PositionRange range(std::string_view first, std::string_view last) const;

  // The keys that begin with `prefix`. Bytewise, so a prefix of whole UTF-8 characters finds just
  // the keys that begin with those characters.
  PositionRange prefix(std::string_view prefix) const;

  // The keys at ascending positions.
  KeySet at(std::span<const Index> positions) const;

  // Same keys. Sets that share an arena are found equal at once.
  bool operator==(const KeySet& other) const;

 private:
  struct Data {
    std::vector<Index> offsets{0};
    std::string bytes;
    void append(std::string_view key);
  };
  explicit KeySet(Data data) : data_(std::make_shared<const Data>(std::move(data))) {}
  Index lower_bound(std::string_view key) const;
  Index upper_bound(std::string_view key) const;

  friend struct KeyMerge;
  std::shared_ptr<const Data> data_;
};

// Two sets merged into `keys`, with the map of positions.
struct KeyMerge {
  KeySet keys;
  std::vector<Index> left;
  std::vector<Index> right;

  // All keys of either; left[i] is the position in `keys` of left's key i, right[i] of right's.
  static KeyMerge unite(const KeySet& left, const KeySet& right);

  // The keys of both; left[i] is the position in the left set of key i of `keys`, right[i] in the
  // right.
  static KeyMerge intersect(const KeySet& left, const KeySet& right);
};

// A number padded with zeros to `width` digits: as keys, padded numbers sort in the order of
// numbers.
std::string padded_number(Index number, std::size_t width);

// Up to `limit` keys of `keys` that `other` does not hold, quoted and separated by commas, and how
// many more there are: for messages. Empty when there is none.
std::string keys_missing_from(const KeySet& other, const KeySet& keys, std::size_t limit = 3);

}  // namespace oscillon
