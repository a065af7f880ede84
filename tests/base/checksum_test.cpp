// Checksums, against values that xxhsum prints.
#include "engine/base/checksum.hpp"

#include <doctest/doctest.h>

using namespace oscillon;

TEST_CASE("checksums are those of xxhsum -H2, in one piece or several") {
  CHECK(checksum_of("") == "99aa06d3014798d86001c324468d497f");
  const std::string text = "sparse deep neural networks";
  Checksum pieces;
  pieces.add(text.substr(0, 7));
  pieces.add("");
  pieces.add(text.substr(7));
  CHECK(pieces.hex() == checksum_of(text));
  CHECK(checksum_of(text) == "bf3d3717efa57ca46df81efc1afbad5d");
  CHECK(checksum_of(text + "s") != checksum_of(text));
}
