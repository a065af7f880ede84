// Finite sets of up to 64 named members as values, for the semiring union.intersection: member i is
// bit i.
#pragma once

#include <string>
#include <vector>

#include "oscillon/algebra/key_set.hpp"

namespace oscillon {

class NamedSets {
 public:
  // Throws Error(bad_data) for more than 64 members.
  explicit NamedSets(KeySet members);

  const KeySet& members() const { return members_; }

  // The set of the members that are listed. Throws KeyError naming one that is unknown.
  std::uint64_t encode(const std::vector<std::string>& names) const;

  // The names of a set's members, sorted. Throws KeyError for a bit that stands for none.
  std::vector<std::string> decode(std::uint64_t set) const;

  // "{a, b}".
  std::string text(std::uint64_t set) const;

  // The set of all members, which is the 1 of intersection among them.
  std::uint64_t all() const;

 private:
  KeySet members_;
};

}  // namespace oscillon
