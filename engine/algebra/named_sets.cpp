#include "oscillon/algebra/named_sets.hpp"

namespace oscillon {

namespace {

constexpr Index most_members = 64;

}  // namespace

NamedSets::NamedSets(KeySet members) : members_(std::move(members)) {
  if (members_.size() > most_members) {
    throw Error(Fault::bad_data,
                "a set value has at most 64 members, not " + std::to_string(members_.size()));
  }
}

std::uint64_t NamedSets::encode(const std::vector<std::string>& names) const {
  const std::vector<std::string_view> views(names.begin(), names.end());
  std::uint64_t set = 0;
  for (const Index member : members_.find_all(views)) set |= std::uint64_t{1} << member;
  return set;
}

std::vector<std::string> NamedSets::decode(std::uint64_t set) const {
  if ((set & ~all()) != 0) {
    throw KeyError("a set has members beyond the " + std::to_string(members_.size()) +
                   " that have names");
  }
  std::vector<std::string> names;
  for (Index i = 0; i < members_.size(); ++i) {
    if (set >> i & 1) names.emplace_back(members_[i]);
  }
  return names;
}

std::string NamedSets::text(std::uint64_t set) const {
  std::string text = "{";
  for (const std::string& name : decode(set)) text += (text.size() > 1 ? ", " : "") + name;
  return text + "}";
}

std::uint64_t NamedSets::all() const {
  return members_.size() == most_members ? ~std::uint64_t{0}
                                         : (std::uint64_t{1} << members_.size()) - 1;
}

}  // namespace oscillon
