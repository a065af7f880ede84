// The compact form of a layer's weights.
#include <doctest/doctest.h>

#include <random>

#include "oscillon/network/weight_rows.hpp"
#include "tests/cases.hpp"

using namespace oscillon;
using namespace oscillon::testing;

TEST_CASE_TEMPLATE("weights go into rows and come back", T, float, double, std::int32_t,
                   std::int64_t) {
  std::mt19937_64 random(1);
  for (int n = 0; n < cases(100); ++n) {
    Compressed<T> columns;
    columns.orientation = Orientation::by_column;
    columns.rows = random() % 20;
    columns.columns = n % 10 == 0 ? 70'000 : random() % 20;
    const bool one_value = random() % 2 == 0;
    std::vector<Index> unread;
    for (Index k = 0; k < columns.columns; ++k) {
      for (Index i = 0; i < columns.rows; ++i) {
        if (random() % 4 != 0) continue;
        columns.indices.push_back(i);
        columns.values.push_back(one_value ? T(3) : static_cast<T>(random() % 9));
      }
      if (columns.indices.size() == columns.offsets.back()) unread.push_back(k);
      columns.offsets.push_back(columns.indices.size());
    }
    const WeightRows<T> rows(columns);
    CHECK(rows.inputs() == columns.columns);
    CHECK(rows.outputs() == columns.rows);
    CHECK(rows.edges() == columns.size());
    CHECK(std::vector<Index>(rows.unread().begin(), rows.unread().end()) == unread);
    if (one_value && columns.size() > 0) CHECK(rows.one_value());
    rows.visit_inputs([&](const auto inputs) {
      CHECK(sizeof(inputs[0]) == (columns.columns > Index{1} << 16 ? 4 : 2));
      for (Index i = 0; i < rows.outputs(); ++i) {
        for (Index p = rows.offsets()[i] + 1; p < rows.offsets()[i + 1]; ++p) {
          CHECK(inputs[p - 1] < inputs[p]);
        }
      }
    });
    const Compressed<T> back = rows.columns();
    CHECK(back.offsets == columns.offsets);
    CHECK(back.indices == columns.indices);
    CHECK(back.values == columns.values);
  }
}

TEST_CASE("zeros of both signs are not one value, and bad arrays are refused") {
  Compressed<float> columns;
  columns.orientation = Orientation::by_column;
  columns.rows = 2;
  columns.columns = 1;
  columns.offsets = {0, 2};
  columns.indices = {0, 1};
  columns.values = {0.f, -0.f};
  CHECK(!WeightRows<float>(columns).one_value());
  columns.indices = {1, 0};
  CHECK_THROWS_AS(WeightRows<float>{columns}, KeyError);
  columns.indices = {0, 2};
  CHECK_THROWS_AS(WeightRows<float>{columns}, KeyError);
  columns.offsets = {0, 3};
  CHECK_THROWS_AS(WeightRows<float>{columns}, ShapeError);
  columns.orientation = Orientation::by_row;
  CHECK_THROWS_AS(WeightRows<float>{columns}, ShapeError);
}
