// The processor's data caches: what tiles are cut to.
#pragma once

#include <cstddef>

namespace oscillon {

struct Caches {
  std::size_t first_level = 0;   // bytes, of a core
  std::size_t second_level = 0;  // of a core
  std::size_t third_level = 0;   // shared; 0 where there is none
};

// Of the machine, found once; where it does not say, 32 KiB, 1 MiB and none.
const Caches& caches();

}  // namespace oscillon
