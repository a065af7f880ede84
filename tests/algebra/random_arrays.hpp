// Random arrays for the tests of the algebra, and what runs a test over every semiring and value
// type.
#pragma once

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "oscillon/algebra/array_algebra.hpp"

namespace oscillon::testing {

// Values in the range where the semiring's laws hold: max.x wants none below 0, min.x none at 0 or
// below.
template <class S, class T>
T random_value(std::mt19937& random) {
  if constexpr (std::is_same_v<T, bool>) {
    return random() % 2 == 0;
  } else if constexpr (std::is_same_v<S, UnionIntersection>) {
    return static_cast<T>(random() % 64);
  } else {
    constexpr bool positive = std::is_same_v<S, MinTimes> || std::is_same_v<S, MaxTimes>;
    const int low = positive || std::is_unsigned_v<T> ? 1 : -2;
    const int value = low + static_cast<int>(random() % (sizeof(T) == 1 ? 3 : 5));
    if constexpr (std::is_floating_point_v<T>) return static_cast<T>(value) / 4;
    return static_cast<T>(value);
  }
}

enum class Keys { equal, disjoint, overlapping };

inline std::vector<std::string> key_pool(Keys keys, int which, const char* prefix, int count) {
  const int shift = keys == Keys::equal ? 0 : which * (keys == Keys::disjoint ? count : count / 2);
  std::vector<std::string> pool;
  for (int i = 0; i < count; ++i) {
    pool.push_back(prefix + padded_number(static_cast<Index>(i + shift), 2));
  }
  return pool;
}

template <class S, class T>
AssocArray<T> random_array(std::mt19937& random, const std::vector<std::string>& rows,
                           const std::vector<std::string>& columns) {
  std::vector<std::string_view> k1, k2;
  ValueArray<T> values;
  for (const std::string& row : rows) {
    for (const std::string& column : columns) {
      if (random() % 2 == 0) continue;
      k1.push_back(row);
      k2.push_back(column);
      values.push_back(random_value<S, T>(random));
    }
  }
  return AssocArray<T>::from_triples(k1, k2, values);
}

// A check in a template that is instantiated a hundred times: one expansion of CHECK for all.
inline void holds(const char* law, bool value) {
  CHECK_MESSAGE(value, law);
}

// check.operator()<S, T>() for every semiring and every value type it is meant for.
template <class Check>
void for_every_semiring(Check&& check) {
  const auto run = [&]<class S, class T>() {
    CAPTURE(S::name);
    CAPTURE(GraphblasType<T>::name);
    check.template operator()<S, T>();
  };
  const auto numeric = [&]<class T>() {
    run.template operator()<PlusTimes, T>();
    run.template operator()<MaxPlus, T>();
    run.template operator()<MinPlus, T>();
    run.template operator()<MaxTimes, T>();
    run.template operator()<MinTimes, T>();
    run.template operator()<MaxMin, T>();
    run.template operator()<MinMax, T>();
  };
  numeric.template operator()<float>();
  numeric.template operator()<double>();
  numeric.template operator()<std::int8_t>();
  numeric.template operator()<std::int16_t>();
  numeric.template operator()<std::int32_t>();
  numeric.template operator()<std::int64_t>();
  numeric.template operator()<std::uint8_t>();
  numeric.template operator()<std::uint16_t>();
  numeric.template operator()<std::uint32_t>();
  numeric.template operator()<std::uint64_t>();
  run.template operator()<OrAnd, bool>();
  run.template operator()<UnionIntersection, std::uint64_t>();
}

}  // namespace oscillon::testing
