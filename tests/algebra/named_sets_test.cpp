#include "oscillon/algebra/named_sets.hpp"

#include <doctest/doctest.h>

#include "oscillon/algebra/array_algebra.hpp"

using namespace oscillon;

TEST_CASE("sets are encoded, decoded and written by name") {
  const NamedSets sets(KeySet{"red", "green", "blue"});
  CHECK(sets.encode({"red", "blue", "red"}) == 0b101);
  CHECK(sets.decode(0b110) == std::vector<std::string>{"green", "red"});
  CHECK(sets.text(0b101) == "{blue, red}");
  CHECK(sets.text(0) == "{}");
  CHECK(sets.all() == 0b111);
  CHECK_THROWS_WITH_AS(sets.encode({"black"}), "there is no key \"black\"", KeyError);
  CHECK_THROWS_AS(sets.decode(0b1000), KeyError);
  CHECK(NamedSets(KeySet::numbered(64)).all() == ~std::uint64_t{0});
  CHECK_THROWS_WITH_AS(NamedSets(KeySet::numbered(65)),
                       "a set value has at most 64 members, not 65", Error);
}

TEST_CASE("union.intersection on named sets is relational algebra") {
  // Who may do what where: roles of people, times rights of roles.
  const NamedSets rights(KeySet{"read", "write"});
  using Array = AssocArray<std::uint64_t>;
  const auto all = rights.all();
  const std::vector<std::string_view> people{"ann", "ann", "bob"}, roles{"dev", "ops", "ops"};
  const std::vector<std::string_view> role_list{"dev", "ops"}, places{"lab", "lab"};
  const Array has = Array::from_triples(people, roles, {all, rights.encode({"read"}), all});
  const Array may = Array::from_triples(role_list, places, {rights.encode({"write"}), all});
  const Array result = multiply<UnionIntersection>(has, may);
  CHECK(rights.text(*result.at("ann", "lab")) == "{read, write}");
  CHECK(rights.text(*result.at("bob", "lab")) == "{read, write}");
  const Array few = times<UnionIntersection>(
      result, Array::from_triples(std::vector<std::string_view>{"bob"},
                                  std::vector<std::string_view>{"lab"}, {rights.encode({"read"})}));
  CHECK(rights.text(*few.at("bob", "lab")) == "{read}");
}
