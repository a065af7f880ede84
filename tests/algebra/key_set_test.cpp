#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>

#include "oscillon/algebra/key_set.hpp"

using namespace oscillon;
using namespace std::string_view_literals;

namespace {

std::vector<std::string> listed(const KeySet& keys) {
  std::vector<std::string> list;
  for (Index i = 0; i < keys.size(); ++i) list.emplace_back(keys[i]);
  return list;
}

using List = std::vector<std::string>;

}  // namespace

TEST_CASE("keys are sorted bytewise and unique") {
  const std::vector<std::string_view> keys{"b",     "a", "",          "ab",        "b",
                                           "a\0"sv, "Z", "abcdefghi", "abcdefghj", "abcdefgh"};
  const auto [set, positions] = KeySet::index(keys);
  CHECK(listed(set) ==
        List{"", "Z", "a", std::string("a\0", 2), "ab", "abcdefgh", "abcdefghi", "abcdefghj", "b"});
  for (std::size_t i = 0; i < keys.size(); ++i) CHECK(set[positions[i]] == keys[i]);
}

TEST_CASE("bytes above 127 sort after ASCII, as UTF-8 wants") {
  CHECK(listed(KeySet{"ä", "z", "€", "a"}) == List{"a", "z", "ä", "€"});
}

TEST_CASE("keys are found, or not") {
  const KeySet keys{"ad", "ah", "be"};
  CHECK(keys.find("ah") == Index{1});
  CHECK(!keys.find("a"));
  CHECK(!keys.find("zz"));
  CHECK(!KeySet().find(""));
  const std::vector<std::string_view> list{"be", "ad"};
  CHECK(keys.find_all(list) == std::vector<Index>{2, 0});
  const std::vector<std::string_view> unknown{"be", "no"};
  CHECK_THROWS_WITH_AS(keys.find_all(unknown), "there is no key \"no\"", KeyError);
}

TEST_CASE("ranges include both ends") {
  const KeySet keys{"a", "b", "c", "d"};
  const auto size = [&](const char* first, const char* last) {
    return keys.range(first, last).size();
  };
  CHECK(size("b", "c") == 2);
  CHECK(size("aa", "cc") == 2);
  CHECK(size("a", "d") == 4);
  CHECK(size("e", "z") == 0);
  CHECK(size("c", "b") == 0);
  CHECK(keys.range("b", "b").begin == 1);
}

TEST_CASE("prefixes are bytewise and so whole UTF-8 characters") {
  const KeySet keys{"ä", "äb", "å", "a", "ab", "b", "\xFF", "\xFF\xFF", "\xFE"};
  const auto found = [&](std::string_view prefix) {
    List list;
    for (Index i = keys.prefix(prefix).begin; i < keys.prefix(prefix).end; ++i) {
      list.emplace_back(keys[i]);
    }
    return list;
  };
  CHECK(found("ä") == List{"ä", "äb"});
  CHECK(found("a") == List{"a", "ab"});
  CHECK(found("\xFF") == List{"\xFF", "\xFF\xFF"});
  CHECK(found("\xFE") == List{"\xFE"});
  CHECK(found("").size() == keys.size());
  CHECK(found("c").empty());
}

TEST_CASE("numbered keys are padded to sort as numbers") {
  const KeySet keys = KeySet::numbered(12);
  CHECK(keys.size() == 12);
  CHECK(keys[0] == "01");
  CHECK(keys[11] == "12");
  const List list = listed(keys);
  CHECK(std::is_sorted(list.begin(), list.end()));
  CHECK(KeySet::numbered(0).empty());
  CHECK(KeySet::numbered(2, 9)[0] == "09");
  CHECK(padded_number(7, 3) == "007");
  CHECK(padded_number(1234, 3) == "1234");
}

TEST_CASE("a sub-set of positions must ascend and exist") {
  const KeySet keys{"a", "b", "c"};
  CHECK(listed(keys.at(std::vector<Index>{0, 2})) == List{"a", "c"});
  CHECK_THROWS_AS(keys.at(std::vector<Index>{2, 0}), KeyError);
  CHECK_THROWS_AS(keys.at(std::vector<Index>{1, 1}), KeyError);
  CHECK_THROWS_AS(keys.at(std::vector<Index>{3}), KeyError);
}

TEST_CASE("union and intersection come with both maps") {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::set<std::string> a, b;
    for (int i = 0; i < 8; ++i) {
      a.insert(std::string(random() % 3, 'x') + std::to_string(random() % 6));
      b.insert(std::string(random() % 3, 'x') + std::to_string(random() % 6 + (round % 3) * 3));
    }
    const KeySet left(List(a.begin(), a.end()));
    const KeySet right(List(b.begin(), b.end()));
    List united, shared;
    std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(united));
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(shared));
    const KeyMerge sum = KeyMerge::unite(left, right);
    CHECK(listed(sum.keys) == united);
    for (Index i = 0; i < left.size(); ++i) CHECK(sum.keys[sum.left[i]] == left[i]);
    for (Index i = 0; i < right.size(); ++i) CHECK(sum.keys[sum.right[i]] == right[i]);
    const KeyMerge meet = KeyMerge::intersect(left, right);
    REQUIRE(listed(meet.keys) == shared);
    for (Index i = 0; i < meet.keys.size(); ++i) {
      CHECK(left[meet.left[i]] == meet.keys[i]);
      CHECK(right[meet.right[i]] == meet.keys[i]);
    }
  }
}

TEST_CASE("missing keys are quoted, and counted beyond a few") {
  const KeySet some{"b"};
  CHECK(keys_missing_from(some, KeySet{"b"}) == "");
  CHECK(keys_missing_from(some, KeySet{"a", "b", "c"}) == "\"a\", \"c\"");
  CHECK(keys_missing_from(KeySet(), KeySet{"a", "b", "c", "d", "e"}) ==
        "\"a\", \"b\", \"c\" and 2 more");
}
