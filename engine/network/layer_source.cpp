#include "oscillon/network/layer_source.hpp"

#include "engine/base/checksum.hpp"

namespace oscillon {

std::string combined_fingerprint(const std::vector<std::string>& parts) {
  Checksum checksum;
  for (const std::string& part : parts) checksum.add(part + "\n");
  return checksum.hex();
}

}  // namespace oscillon
