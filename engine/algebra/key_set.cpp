#include "oscillon/algebra/key_set.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <numeric>
#include <utility>

namespace oscillon {

namespace {

// A key of a list that is to be sorted: its first eight bytes as a number whose order is theirs, so
// that most comparisons touch no key at all.
struct SortEntry {
  std::uint64_t head;
  Index position;
};

std::uint64_t head_of(std::string_view key) {
  unsigned char bytes[8] = {};
  std::memcpy(bytes, key.data(), std::min<std::size_t>(key.size(), 8));
  std::uint64_t head = 0;
  for (const unsigned char byte : bytes) head = head << 8 | byte;
  return head;
}

// The distinct keys of a list, numbered as they come.
struct Distinct {
  std::vector<Index> first;   // of each distinct key: where in the list it stands first
  std::vector<Index> number;  // of each element of the list: the number of its key
};

Distinct distinct_keys(std::span<const std::string_view> keys) {
  // A key of up to eight bytes is its head and its size; only longer ones need a look at the text.
  struct Slot {
    std::uint64_t hash = 0;
    std::uint64_t head = 0;
    std::size_t size = 0;
    Index number = ~Index{0};
  };
  Distinct distinct;
  distinct.number.resize(keys.size());
  std::vector<Slot> table(1024);
  const auto free_or_same = [&](const Slot& wanted, std::string_view key) -> Slot& {
    for (std::size_t at = wanted.hash & (table.size() - 1);; at = (at + 1) & (table.size() - 1)) {
      Slot& slot = table[at];
      if (slot.number == ~Index{0}) return slot;
      if (slot.hash == wanted.hash && slot.head == wanted.head && slot.size == wanted.size &&
          (wanted.size <= 8 || keys[distinct.first[slot.number]] == key)) {
        return slot;
      }
    }
  };
  for (Index i = 0; i < keys.size(); ++i) {
    const std::string_view key = keys[i];
    Slot wanted{std::hash<std::string_view>()(key), head_of(key), key.size(),
                distinct.first.size()};
    Slot& slot = free_or_same(wanted, key);
    if (slot.number == ~Index{0}) {
      slot = wanted;
      distinct.first.push_back(i);
    }
    distinct.number[i] = slot.number;
    if (distinct.first.size() * 2 <= table.size()) continue;
    const std::vector<Slot> smaller = std::exchange(table, std::vector<Slot>(table.size() * 4));
    for (const Slot& moved : smaller) {
      if (moved.number == ~Index{0}) continue;
      free_or_same(moved, keys[distinct.first[moved.number]]) = moved;
    }
  }
  return distinct;
}

}  // namespace

void KeySet::Data::append(std::string_view key) {
  bytes.append(key);
  offsets.push_back(bytes.size());
}

KeySet::KeySet() {
  static const auto nothing = std::make_shared<const Data>();
  data_ = nothing;
}

KeySet::KeySet(std::span<const std::string_view> keys) : KeySet(index(keys).first) {}

KeySet::KeySet(const std::vector<std::string>& keys)
    : KeySet(std::vector<std::string_view>(keys.begin(), keys.end())) {}

std::pair<KeySet, std::vector<Index>> KeySet::index(std::span<const std::string_view> keys) {
  // Lists repeat their keys, so these are told apart by a hash table first, and only the distinct
  // ones are sorted.
  const Distinct distinct = distinct_keys(keys);
  std::vector<SortEntry> order(distinct.first.size());
  for (Index d = 0; d < order.size(); ++d) order[d] = {head_of(keys[distinct.first[d]]), d};
  std::sort(order.begin(), order.end(), [&](const SortEntry& a, const SortEntry& b) {
    if (a.head != b.head) return a.head < b.head;
    return keys[distinct.first[a.position]] < keys[distinct.first[b.position]];
  });
  Data data;
  data.offsets.reserve(order.size() + 1);
  std::vector<Index> rank(order.size());
  for (Index i = 0; i < order.size(); ++i) {
    data.append(keys[distinct.first[order[i].position]]);
    rank[order[i].position] = i;
  }
  std::vector<Index> positions = distinct.number;
  for (Index& position : positions) position = rank[position];
  return {KeySet(std::move(data)), std::move(positions)};
}

KeySet KeySet::numbered(Index count, Index first) {
  const std::size_t width = std::to_string(count == 0 ? first : first + count - 1).size();
  Data data;
  data.offsets.reserve(count + 1);
  data.bytes.reserve(count * width);
  for (Index i = 0; i < count; ++i) data.append(padded_number(first + i, width));
  return KeySet(std::move(data));
}

std::optional<KeySet> KeySet::products_in_order(const KeySet& left, std::string_view separator,
                                                const KeySet& right) {
  // With a given left key the products ascend as the right keys do, so the borders decide.
  Data data;
  data.offsets.reserve(left.size() * right.size() + 1);
  data.bytes.reserve((left.data_->bytes.size() + left.size() * separator.size()) * right.size() +
                     right.data_->bytes.size() * left.size());
  for (Index l = 0; l < left.size(); ++l) {
    for (Index r = 0; r < right.size(); ++r) {
      data.bytes.append(left[l]).append(separator).append(right[r]);
      data.offsets.push_back(data.bytes.size());
      const std::size_t last = data.offsets.size() - 1;
      if (r > 0 || l == 0) continue;
      const std::string_view bytes = data.bytes;
      const Index middle = data.offsets[last - 1];
      if (bytes.substr(data.offsets[last - 2], middle - data.offsets[last - 2]) >=
          bytes.substr(middle)) {
        return std::nullopt;
      }
    }
  }
  return KeySet(std::move(data));
}

Index KeySet::lower_bound(std::string_view key) const {
  Index begin = 0;
  Index end = size();
  while (begin < end) {
    const Index middle = begin + (end - begin) / 2;
    if ((*this)[middle] < key) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin;
}

Index KeySet::upper_bound(std::string_view key) const {
  const Index position = lower_bound(key);
  return position < size() && (*this)[position] == key ? position + 1 : position;
}

std::optional<Index> KeySet::find(std::string_view key) const {
  const Index position = lower_bound(key);
  if (position < size() && (*this)[position] == key) return position;
  return std::nullopt;
}

std::vector<Index> KeySet::find_all(std::span<const std::string_view> keys) const {
  std::vector<Index> positions;
  positions.reserve(keys.size());
  for (const std::string_view key : keys) {
    const std::optional<Index> position = find(key);
    if (!position) throw KeyError("there is no key " + in_quotes(key));
    positions.push_back(*position);
  }
  return positions;
}

PositionRange KeySet::range(std::string_view first, std::string_view last) const {
  const Index begin = lower_bound(first);
  return {begin, std::max(begin, upper_bound(last))};
}

PositionRange KeySet::prefix(std::string_view prefix) const {
  // The end is the first key at or after the prefix's bytewise successor: the prefix without its
  // trailing 0xFF bytes, the last byte that remains raised by one. A prefix of 0xFF bytes alone has
  // none.
  std::string successor(prefix);
  while (!successor.empty() && static_cast<unsigned char>(successor.back()) == 0xFF) {
    successor.pop_back();
  }
  if (successor.empty()) return {lower_bound(prefix), size()};
  successor.back() = static_cast<char>(static_cast<unsigned char>(successor.back()) + 1);
  return {lower_bound(prefix), lower_bound(successor)};
}

KeySet KeySet::at(std::span<const Index> positions) const {
  Data data;
  data.offsets.reserve(positions.size() + 1);
  for (Index i = 0; i < positions.size(); ++i) {
    if (positions[i] >= size() || (i > 0 && positions[i] <= positions[i - 1])) {
      throw KeyError("position " + std::to_string(positions[i]) + " is out of order or beyond " +
                     std::to_string(size()) + " keys");
    }
    data.append((*this)[positions[i]]);
  }
  return KeySet(std::move(data));
}

bool KeySet::operator==(const KeySet& other) const {
  return data_ == other.data_ ||
         (data_->offsets == other.data_->offsets && data_->bytes == other.data_->bytes);
}

KeyMerge KeyMerge::unite(const KeySet& left, const KeySet& right) {
  KeyMerge merge;
  merge.left.resize(left.size());
  merge.right.resize(right.size());
  if (left == right) {
    merge.keys = left;
    std::iota(merge.left.begin(), merge.left.end(), Index{0});
    merge.right = merge.left;
    return merge;
  }
  KeySet::Data data;
  data.offsets.reserve(std::max(left.size(), right.size()) + 1);
  Index i = 0;
  Index j = 0;
  while (i < left.size() || j < right.size()) {
    const Index position = data.offsets.size() - 1;
    const std::strong_ordering order = i == left.size()    ? std::strong_ordering::greater
                                       : j == right.size() ? std::strong_ordering::less
                                                           : left[i] <=> right[j];
    data.append(order <= 0 ? left[i] : right[j]);
    if (order <= 0) merge.left[i++] = position;
    if (order >= 0) merge.right[j++] = position;
  }
  merge.keys = KeySet(std::move(data));
  return merge;
}

KeyMerge KeyMerge::intersect(const KeySet& left, const KeySet& right) {
  KeyMerge merge;
  Index i = 0;
  Index j = 0;
  while (i < left.size() && j < right.size()) {
    const std::strong_ordering order = left[i] <=> right[j];
    if (order == 0) {
      merge.left.push_back(i);
      merge.right.push_back(j);
    }
    if (order <= 0) ++i;
    if (order >= 0) ++j;
  }
  merge.keys = merge.left.size() == left.size()     ? left
               : merge.right.size() == right.size() ? right
                                                    : left.at(merge.left);
  return merge;
}

std::string padded_number(Index number, std::size_t width) {
  std::string digits = std::to_string(number);
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return digits;
}

std::string keys_missing_from(const KeySet& other, const KeySet& keys, std::size_t limit) {
  std::string text;
  std::size_t missing = 0;
  for (Index i = 0; i < keys.size(); ++i) {
    if (other.contains(keys[i])) continue;
    if (missing++ < limit) {
      text += (missing > 1 ? ", " : "") + in_quotes(keys[i]);
    }
  }
  if (missing > limit) text += " and " + std::to_string(missing - limit) + " more";
  return text;
}

}  // namespace oscillon
