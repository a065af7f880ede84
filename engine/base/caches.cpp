#include "engine/base/caches.hpp"

#include <hwloc.h>

namespace oscillon {

namespace {

std::size_t size_of_first(hwloc_topology_t topology, hwloc_obj_type_t type) {
  const hwloc_obj_t cache = hwloc_get_obj_by_type(topology, type, 0);
  return cache == nullptr ? 0 : cache->attr->cache.size;
}

Caches found() {
  Caches made;
  hwloc_topology_t topology = nullptr;
  if (hwloc_topology_init(&topology) == 0) {
    hwloc_topology_set_all_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_NONE);
    hwloc_topology_set_cache_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_ALL);
    if (hwloc_topology_load(topology) == 0) {
      made.first_level = size_of_first(topology, HWLOC_OBJ_L1CACHE);
      made.second_level = size_of_first(topology, HWLOC_OBJ_L2CACHE);
      made.third_level = size_of_first(topology, HWLOC_OBJ_L3CACHE);
    }
    hwloc_topology_destroy(topology);
  }
  if (made.first_level == 0) made.first_level = std::size_t{32} << 10;
  if (made.second_level == 0) made.second_level = std::size_t{1} << 20;
  return made;
}

}  // namespace

const Caches& caches() {
  static const Caches known = found();
  return known;
}

}  // namespace oscillon
